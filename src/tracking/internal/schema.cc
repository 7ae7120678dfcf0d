#include "tracking/tracking.h"

namespace orrery::tracking {
namespace {

constexpr std::string_view kFirst = R"sql(
CREATE TABLE experiments (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, artifact_location TEXT NOT NULL,
  lifecycle_stage TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL) STRICT;
CREATE TABLE experiment_tags (
  experiment_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (experiment_id, key)) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, experiment_id INTEGER NOT NULL, name TEXT NOT NULL,
  user_name TEXT NOT NULL, status TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER,
  artifact_uri TEXT NOT NULL, lifecycle_stage TEXT NOT NULL,
  deleted_with_experiment INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX runs_by_start ON runs (lifecycle_stage, start_ms DESC, id);
CREATE INDEX runs_of_experiment ON runs (experiment_id, lifecycle_stage, start_ms DESC, id);
CREATE TABLE run_params (
  run_seq INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (run_seq, key)) STRICT, WITHOUT ROWID;
CREATE TABLE run_tags (
  run_seq INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (run_seq, key)) STRICT, WITHOUT ROWID;

CREATE TABLE metric_series (
  id INTEGER PRIMARY KEY, run_seq INTEGER NOT NULL, experiment_id INTEGER NOT NULL, key TEXT NOT NULL,
  latest_value REAL, latest_step INTEGER NOT NULL, latest_ms INTEGER NOT NULL,
  first_value REAL, first_step INTEGER NOT NULL, first_ms INTEGER NOT NULL,
  min_value REAL, max_value REAL, points INTEGER NOT NULL, tail_points INTEGER NOT NULL,
  UNIQUE (run_seq, key)) STRICT;
CREATE INDEX metric_series_by_value ON metric_series (experiment_id, key, latest_value, run_seq);
CREATE TABLE metric_tail (
  series_id INTEGER NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (series_id, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE metric_chunks (
  series_id INTEGER NOT NULL, seq INTEGER NOT NULL, points INTEGER NOT NULL,
  min_step INTEGER NOT NULL, max_step INTEGER NOT NULL, min_ms INTEGER NOT NULL, max_ms INTEGER NOT NULL,
  summary BLOB NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (series_id, seq)) STRICT, WITHOUT ROWID;

CREATE TABLE datasets (
  id INTEGER PRIMARY KEY, experiment_id INTEGER NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,
  source_type TEXT NOT NULL, source TEXT NOT NULL, dataset_schema TEXT, dataset_profile TEXT,
  UNIQUE (experiment_id, name, digest)) STRICT;
CREATE TABLE run_datasets (
  run_seq INTEGER NOT NULL, dataset_id INTEGER NOT NULL,
  PRIMARY KEY (run_seq, dataset_id)) STRICT, WITHOUT ROWID;
CREATE TABLE run_dataset_tags (
  run_seq INTEGER NOT NULL, dataset_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (run_seq, dataset_id, key)) STRICT, WITHOUT ROWID;
CREATE TABLE run_model_inputs (
  run_seq INTEGER NOT NULL, model_id TEXT NOT NULL, PRIMARY KEY (run_seq, model_id)) STRICT, WITHOUT ROWID;
CREATE TABLE run_model_outputs (
  run_seq INTEGER NOT NULL, model_id TEXT NOT NULL, step INTEGER NOT NULL,
  PRIMARY KEY (run_seq, model_id)) STRICT, WITHOUT ROWID;

CREATE TABLE logged_models (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, experiment_id INTEGER NOT NULL, name TEXT NOT NULL,
  model_type TEXT NOT NULL, source_run_id TEXT NOT NULL, status TEXT NOT NULL, status_message TEXT NOT NULL,
  artifact_uri TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  lifecycle_stage TEXT NOT NULL) STRICT;
CREATE INDEX logged_models_of_experiment ON logged_models (experiment_id, lifecycle_stage, created_ms);
CREATE TABLE logged_model_params (
  model_seq INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (model_seq, key)) STRICT, WITHOUT ROWID;
CREATE TABLE logged_model_tags (
  model_seq INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (model_seq, key)) STRICT, WITHOUT ROWID;
CREATE TABLE logged_model_metrics (
  model_seq INTEGER NOT NULL, key TEXT NOT NULL, run_id TEXT NOT NULL, dataset_name TEXT NOT NULL,
  dataset_digest TEXT NOT NULL, value REAL, step INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL,
  PRIMARY KEY (model_seq, key, run_id, dataset_name, dataset_digest)) STRICT, WITHOUT ROWID
)sql";

// A column that is not STRICT and has the affinity REAL turns a text into a number if, and only if, all of it is one.
constexpr std::string_view kNumbers = R"sql(
ALTER TABLE run_params ADD COLUMN number REAL;
CREATE TABLE params_as_numbers (run_seq INTEGER, key TEXT, number REAL);
INSERT INTO params_as_numbers SELECT run_seq, key, value FROM run_params;
UPDATE run_params SET number = p.number FROM params_as_numbers p
  WHERE p.run_seq = run_params.run_seq AND p.key = run_params.key AND typeof(p.number) = 'real';
DROP TABLE params_as_numbers
)sql";

// What lay in the trash before has no time of its deletion: its retention begins with the first look at it.
constexpr std::string_view kTrash = R"sql(
CREATE TABLE purged_experiments (id INTEGER PRIMARY KEY) STRICT;
ALTER TABLE experiments ADD COLUMN deleted_ms INTEGER;
ALTER TABLE runs ADD COLUMN deleted_ms INTEGER;
ALTER TABLE runs ADD COLUMN deleted_with_run INTEGER;
CREATE INDEX runs_in_trash ON runs (deleted_ms, seq) WHERE lifecycle_stage = 'DELETED';
CREATE INDEX runs_deleted_together ON runs (deleted_with_run) WHERE deleted_with_run IS NOT NULL;
CREATE INDEX children_of_runs ON run_tags (value, run_seq) WHERE key = 'mlflow.parentRunId';
CREATE INDEX runs_of_dataset ON run_datasets (dataset_id, run_seq);
CREATE INDEX logged_models_of_run ON logged_models (source_run_id) WHERE source_run_id <> '';
CREATE INDEX logged_models_in_trash ON logged_models (updated_ms) WHERE lifecycle_stage = 'DELETED'
)sql";

constexpr std::string_view kTraces = R"sql(
CREATE TABLE traces (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, experiment_id INTEGER NOT NULL, client_request_id TEXT NOT NULL,
  start_ms INTEGER NOT NULL, duration_ms INTEGER, state TEXT NOT NULL, request_preview TEXT, response_preview TEXT,
  recorded INTEGER NOT NULL) STRICT;
CREATE INDEX traces_of_experiment ON traces (experiment_id, start_ms DESC, id);
CREATE TABLE trace_metadata (
  trace_seq INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (trace_seq, key)) STRICT, WITHOUT ROWID;
CREATE TABLE trace_tags (
  trace_seq INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (trace_seq, key)) STRICT, WITHOUT ROWID;
CREATE TABLE trace_spans (
  trace_seq INTEGER NOT NULL, id TEXT NOT NULL, parent_id TEXT NOT NULL, name TEXT NOT NULL,
  start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, failed INTEGER NOT NULL, content TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (trace_seq, id)) STRICT, WITHOUT ROWID;
CREATE TABLE trace_runs (
  trace_id TEXT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (trace_id, run_id)) STRICT, WITHOUT ROWID;
CREATE INDEX trace_runs_by_run ON trace_runs (run_id)
)sql";

constexpr sql::Migration kMigrations[] = {
    {"tracking", 1, kFirst}, {"tracking", 2, kNumbers}, {"tracking", 3, kTrash}, {"tracking", 4, kTraces}};

constexpr std::string_view kTables[] = {"experiments",
                                        "experiment_tags",
                                        "purged_experiments",
                                        "runs",
                                        "run_params",
                                        "run_tags",
                                        "metric_series",
                                        "metric_tail",
                                        "metric_chunks",
                                        "datasets",
                                        "run_datasets",
                                        "run_dataset_tags",
                                        "run_model_inputs",
                                        "run_model_outputs",
                                        "logged_models",
                                        "logged_model_params",
                                        "logged_model_tags",
                                        "logged_model_metrics",
                                        "traces",
                                        "trace_metadata",
                                        "trace_tags",
                                        "trace_spans",
                                        "trace_runs"};

}  // namespace

std::span<const sql::Migration> Tracking::Migrations() {
  return kMigrations;
}

void Tracking::Clear(sql::Writer& writer) {
  for (const std::string_view table : kTables) writer.Run("DELETE FROM " + std::string(table));
  experiments.CreateDefault(writer);
}

}  // namespace orrery::tracking
