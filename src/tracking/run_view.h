#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/described.h"
#include "base/instant.h"
#include "tracking/types.h"

/// Experiments and runs as our own REST answers them and the command line reads them. Ids are text: they are names, not numbers to count with.
namespace orrery::tracking {

struct ExperimentView {
  static constexpr FieldDoc kDocs[] = {{"runs", "How many active runs it holds."}};
  std::string id;
  std::string name;
  LifecycleStage lifecycle_stage = LifecycleStage::kActive;
  Instant created_at;
  Instant updated_at;
  int64_t runs = 0;
};
BOOST_DESCRIBE_STRUCT(ExperimentView, (), (id, name, lifecycle_stage, created_at, updated_at, runs))

struct MetricView {
  static constexpr FieldDoc kDocs[] = {
      {"value",
       "Of the latest point: the greatest (step, time, value). \"NaN\", \"Infinity\" and \"-Infinity\" are "
       "text."},
      {"at", "When the latest point was taken."},
      {"min", "NaN values left out."},
      {"first", "Value of the earliest point."},
      {"count", "How many points there are."},
  };
  std::string key;
  double value = 0;
  int64_t step = 0;
  Instant at;
  double min = 0;
  double max = 0;
  double first = 0;
  int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(MetricView, (), (key, value, step, at, min, max, first, count))

struct RunView {
  static constexpr FieldDoc kDocs[] = {
      {"job_id", "The job that it belongs to, where one made it."},
      {"source_name", "The script, as its client said."},
      {"parent_run_id", "The run that it is nested in."},
      {"models", "The logged models that it made: each is models:/ID to the MLflow client."},
  };
  RunId id;
  std::string name;
  std::string experiment_id;
  std::string experiment_name;
  std::string user;
  RunStatus status = RunStatus::kRunning;
  Instant started_at;
  std::optional<Instant> ended_at;
  LifecycleStage lifecycle_stage = LifecycleStage::kActive;
  std::string artifact_uri;
  std::map<std::string, std::string> params;
  std::map<std::string, std::string> tags;
  std::vector<MetricView> metrics;
  std::optional<std::string> job_id;
  std::optional<std::string> source_name;
  std::optional<std::string> git_commit;
  std::optional<std::string> parent_run_id;
  std::vector<std::string> models;
};
BOOST_DESCRIBE_STRUCT(RunView, (),
                      (id, name, experiment_id, experiment_name, user, status, started_at, ended_at,
                       lifecycle_stage, artifact_uri, params, tags, metrics, job_id, source_name, git_commit,
                       parent_run_id, models))

/// A page of runs, newest first unless ordered otherwise.
struct RunViewPage {
  std::vector<RunView> runs;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(RunViewPage, (), (runs, next_page_token))

ExperimentView ViewOf(const Experiment& experiment, int64_t runs);
RunView ViewOf(const Run& run, const std::string& experiment_name);

}  // namespace orrery::tracking
