#include "tracking/internal/purge.h"

#include <string>

namespace orrery::tracking::internal {
namespace {

// About 10 KB each.
constexpr int64_t kChunksAtOnce = 1'000;

constexpr const char* kOfRun[] = {"run_params",       "run_tags",         "run_datasets",
                                  "run_dataset_tags", "run_model_inputs", "run_model_outputs"};
constexpr const char* kOfModel[] = {"logged_model_params", "logged_model_tags", "logged_model_metrics"};

constexpr const char* kOfTrace[] = {"trace_tags", "trace_metadata", "trace_spans"};

int64_t PurgeParts(sql::Writer& writer, const std::string& table, int64_t series) {
  return writer.Run("DELETE FROM " + table + " WHERE series_id = ? AND seq IN (SELECT seq FROM " + table +
                        " WHERE series_id = ? LIMIT ?)",
                    series, series, kChunksAtOnce);
}

}  // namespace

void PurgeRun(sql::Writer& writer, const RunRow& row) {
  writer.Run(
      "DELETE FROM datasets WHERE id IN (SELECT dataset_id FROM run_datasets WHERE run_seq = ?) AND NOT "
      "EXISTS "
      "(SELECT 1 FROM run_datasets other WHERE other.dataset_id = datasets.id AND other.run_seq <> ?)",
      row.seq, row.seq);
  for (const char* table : kOfRun)
    writer.Run("DELETE FROM " + std::string(table) + " WHERE run_seq = ?", row.seq);
  writer.Run("UPDATE metric_series SET run_seq = -run_seq, experiment_id = -1 WHERE run_seq = ?", row.seq);
  writer.Run("UPDATE runs SET deleted_with_run = NULL WHERE deleted_with_run = ?", row.seq);
  writer.Run("DELETE FROM runs WHERE seq = ?", row.seq);
}

bool PurgePoints(sql::Writer& writer) {
  const auto series = writer.First<int64_t>("SELECT id FROM metric_series WHERE run_seq < 0 LIMIT 1");
  if (!series) return false;
  if (PurgeParts(writer, "metric_chunks", *series) == kChunksAtOnce) return true;
  if (PurgeParts(writer, "metric_tail", *series) == kChunksAtOnce) return true;
  writer.Run("DELETE FROM metric_series WHERE id = ?", *series);
  return true;
}

void PurgeModel(sql::Writer& writer, int64_t seq) {
  for (const char* table : kOfModel)
    writer.Run("DELETE FROM " + std::string(table) + " WHERE model_seq = ?", seq);
  writer.Run("DELETE FROM logged_models WHERE seq = ?", seq);
}

void PurgeTrace(sql::Writer& writer, int64_t seq) {
  for (const char* table : kOfTrace)
    writer.Run("DELETE FROM " + std::string(table) + " WHERE trace_seq = ?", seq);
  writer.Run("DELETE FROM trace_runs WHERE trace_id = (SELECT id FROM traces WHERE seq = ?)", seq);
  writer.Run("DELETE FROM traces WHERE seq = ?", seq);
}

void PurgeExperiment(sql::Writer& writer, int64_t id) {
  writer.Run("DELETE FROM experiment_tags WHERE experiment_id = ?", id);
  writer.Run("DELETE FROM datasets WHERE experiment_id = ?", id);
  writer.Run("DELETE FROM experiments WHERE id = ?", id);
  writer.Run("INSERT INTO purged_experiments (id) VALUES (?)", id);
}

}  // namespace orrery::tracking::internal
