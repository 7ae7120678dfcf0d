#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/id.h"

/// What tracking keeps. Semantics and names are MLflow's, which are the field's; wire forms are the
/// adapters'.
///
/// Times are milliseconds since the epoch. Values of metrics are any double, NaN and infinities included;
/// steps and timestamps any int64.
namespace orrery::tracking {

struct RunTag {
  static constexpr std::string_view kField = "run_id";
};
using RunId = Id<RunTag>;

struct LoggedModelTag {
  static constexpr std::string_view kField = "model_id";
};
/// "m-" and 32 hex digits when drawn here.
using LoggedModelId = Id<LoggedModelTag>;

enum class RunStatus { kRunning, kScheduled, kFinished, kFailed, kKilled };
BOOST_DESCRIBE_ENUM(RunStatus, kRunning, kScheduled, kFinished, kFailed, kKilled)

enum class LifecycleStage { kActive, kDeleted };
BOOST_DESCRIBE_ENUM(LifecycleStage, kActive, kDeleted)

/// Which stages a search looks at.
enum class View { kActiveOnly, kDeletedOnly, kAll };
BOOST_DESCRIBE_ENUM(View, kActiveOnly, kDeletedOnly, kAll)

struct Tag {
  std::string key;
  std::string value;
  bool operator==(const Tag&) const = default;
};
BOOST_DESCRIBE_STRUCT(Tag, (), (key, value))

struct Param {
  std::string key;
  std::string value;
  bool operator==(const Param&) const = default;
};
BOOST_DESCRIBE_STRUCT(Param, (), (key, value))

/// One observation of one series.
struct Point {
  double value = 0;
  int64_t step = 0;
  int64_t timestamp_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Point, (), (value, step, timestamp_ms))

/// A point with the name of its series. With `model_id` it also counts for that logged model; the dataset is
/// what it was computed on.
struct Metric {
  std::string key;
  double value = 0;
  int64_t step = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string> model_id;
  std::optional<std::string> dataset_name;
  std::optional<std::string> dataset_digest;
};
BOOST_DESCRIBE_STRUCT(Metric, (), (key, value, step, timestamp_ms, model_id, dataset_name, dataset_digest))

/// How the names of metrics begin that say what a run uses, and not what it makes: as the MLflow client's do.
inline constexpr std::string_view kSystemMetrics = "system/";

/// What stands beside the points of one (run, key). `value`, `step` and `timestamp_ms` are those of the
/// latest point: the greatest (step, timestamp, value). `min` and `max` leave NaN out (NaN when there is
/// nothing else).
struct MetricSummary {
  std::string key;
  double value = 0;
  int64_t step = 0;
  int64_t timestamp_ms = 0;
  double min = 0;
  double max = 0;
  double first = 0;  ///< value of the least (step, timestamp, value)
  int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(MetricSummary, (), (key, value, step, timestamp_ms, min, max, first, count))

struct Experiment {
  int64_t id = 0;
  std::string name;
  std::string artifact_location;
  LifecycleStage lifecycle_stage = LifecycleStage::kActive;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::vector<Tag> tags;
};
BOOST_DESCRIBE_STRUCT(Experiment, (),
                      (id, name, artifact_location, lifecycle_stage, created_ms, updated_ms, tags))

struct Dataset {
  std::string name;
  std::string digest;
  std::string source_type;
  std::string source;
  std::optional<std::string> schema;
  std::optional<std::string> profile;
};
BOOST_DESCRIBE_STRUCT(Dataset, (), (name, digest, source_type, source, schema, profile))

/// A dataset that a run read; tag "mlflow.data.context" says what for.
struct DatasetInput {
  Dataset dataset;
  std::vector<Tag> tags;
};
BOOST_DESCRIBE_STRUCT(DatasetInput, (), (dataset, tags))

struct DatasetSummary {
  int64_t experiment_id = 0;
  std::string name;
  std::string digest;
  std::optional<std::string> context;
};
BOOST_DESCRIBE_STRUCT(DatasetSummary, (), (experiment_id, name, digest, context))

struct ModelInput {
  std::string model_id;
};
BOOST_DESCRIBE_STRUCT(ModelInput, (), (model_id))

struct ModelOutput {
  std::string model_id;
  int64_t step = 0;
};
BOOST_DESCRIBE_STRUCT(ModelOutput, (), (model_id, step))

struct RunInfo {
  RunId id;
  std::string name;
  int64_t experiment_id = 0;
  std::string user;
  RunStatus status = RunStatus::kRunning;
  int64_t start_ms = 0;
  std::optional<int64_t> end_ms;
  std::string artifact_uri;
  LifecycleStage lifecycle_stage = LifecycleStage::kActive;
};
BOOST_DESCRIBE_STRUCT(RunInfo, (),
                      (id, name, experiment_id, user, status, start_ms, end_ms, artifact_uri,
                       lifecycle_stage))

/// A run with all that belongs to it; lists are sorted by key.
struct Run {
  RunInfo info;
  std::vector<MetricSummary> metrics;
  std::vector<Param> params;
  std::vector<Tag> tags;
  std::vector<DatasetInput> dataset_inputs;
  std::vector<ModelInput> model_inputs;
  std::vector<ModelOutput> model_outputs;
};
BOOST_DESCRIBE_STRUCT(Run, (), (info, metrics, params, tags, dataset_inputs, model_inputs, model_outputs))

enum class LoggedModelStatus { kPending, kReady, kUploadFailed };
BOOST_DESCRIBE_ENUM(LoggedModelStatus, kPending, kReady, kUploadFailed)

/// A metric of a logged model: the latest point per (run, key, dataset).
struct LoggedModelMetric {
  std::string key;
  double value = 0;
  int64_t step = 0;
  int64_t timestamp_ms = 0;
  std::string run_id;
  std::optional<std::string> dataset_name;
  std::optional<std::string> dataset_digest;
};
BOOST_DESCRIBE_STRUCT(LoggedModelMetric, (),
                      (key, value, step, timestamp_ms, run_id, dataset_name, dataset_digest))

struct LoggedModel {
  LoggedModelId id;
  int64_t experiment_id = 0;
  std::string name;
  std::string model_type;
  std::string source_run_id;  ///< empty where no run made it
  LoggedModelStatus status = LoggedModelStatus::kPending;
  std::string status_message;
  std::string artifact_uri;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::vector<Param> params;
  std::vector<Tag> tags;
  std::vector<LoggedModelMetric> metrics;
};
BOOST_DESCRIBE_STRUCT(LoggedModel, (),
                      (id, experiment_id, name, model_type, source_run_id, status, status_message,
                       artifact_uri, created_ms, updated_ms, params, tags, metrics))

}  // namespace orrery::tracking
