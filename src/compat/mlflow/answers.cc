#include "compat/mlflow/answers.h"

namespace orrery::compat::mlflow {
namespace {

void Text(JsonWriter& out, std::string_view key, std::string_view value) {
  out.Key(key);
  out.String(value);
}

void TextIfSet(JsonWriter& out, std::string_view key, const std::optional<std::string>& value) {
  if (value) Text(out, key, *value);
}

void Number(JsonWriter& out, std::string_view key, int64_t value) {
  out.Key(key);
  out.Int(value);
}

template <typename Items, typename Write>
void List(JsonWriter& out, std::string_view key, const Items& items, Write&& write) {
  if (items.empty()) return;
  out.Key(key);
  out.BeginArray();
  for (const auto& item : items) write(item);
  out.EndArray();
}

/// Tags, params: anything with key and value.
template <typename Items>
void Pairs(JsonWriter& out, std::string_view key, const Items& items) {
  List(out, key, items, [&](const auto& item) {
    out.BeginObject();
    Text(out, "key", item.key);
    Text(out, "value", item.value);
    out.EndObject();
  });
}

std::string_view LifecycleName(tracking::LifecycleStage stage) {
  return stage == tracking::LifecycleStage::kActive ? "active" : "deleted";
}

void WriteData(JsonWriter& out, const tracking::Run& run) {
  out.BeginObject();
  List(out, "metrics", run.metrics, [&](const tracking::MetricSummary& metric) {
    out.BeginObject();
    Text(out, "key", metric.key);
    out.Key("value");
    out.Double(metric.value);
    Number(out, "timestamp", metric.timestamp_ms);
    Number(out, "step", metric.step);
    out.EndObject();
  });
  Pairs(out, "params", run.params);
  Pairs(out, "tags", run.tags);
  out.EndObject();
}

void WriteDatasetInput(JsonWriter& out, const tracking::DatasetInput& input) {
  out.BeginObject();
  Pairs(out, "tags", input.tags);
  out.Key("dataset");
  out.BeginObject();
  Text(out, "name", input.dataset.name);
  Text(out, "digest", input.dataset.digest);
  Text(out, "source_type", input.dataset.source_type);
  Text(out, "source", input.dataset.source);
  TextIfSet(out, "schema", input.dataset.schema);
  TextIfSet(out, "profile", input.dataset.profile);
  out.EndObject();
  out.EndObject();
}

void WriteInputsAndOutputs(JsonWriter& out, const tracking::Run& run) {
  if (!run.dataset_inputs.empty() || !run.model_inputs.empty()) {
    out.Key("inputs");
    out.BeginObject();
    List(out, "dataset_inputs", run.dataset_inputs,
         [&](const tracking::DatasetInput& input) { WriteDatasetInput(out, input); });
    List(out, "model_inputs", run.model_inputs, [&](const tracking::ModelInput& input) {
      out.BeginObject();
      Text(out, "model_id", input.model_id);
      out.EndObject();
    });
    out.EndObject();
  }
  if (run.model_outputs.empty()) return;
  out.Key("outputs");
  out.BeginObject();
  List(out, "model_outputs", run.model_outputs, [&](const tracking::ModelOutput& output) {
    out.BeginObject();
    Text(out, "model_id", output.model_id);
    Number(out, "step", output.step);
    out.EndObject();
  });
  out.EndObject();
}

void WriteModelMetrics(JsonWriter& out, const tracking::LoggedModel& model) {
  List(out, "metrics", model.metrics, [&](const tracking::LoggedModelMetric& metric) {
    out.BeginObject();
    Text(out, "key", metric.key);
    out.Key("value");
    out.Double(metric.value);
    Number(out, "timestamp", metric.timestamp_ms);
    Number(out, "step", metric.step);
    TextIfSet(out, "dataset_name", metric.dataset_name);
    TextIfSet(out, "dataset_digest", metric.dataset_digest);
    Text(out, "model_id", model.id.text());
    Text(out, "run_id", metric.run_id);
    out.EndObject();
  });
}

}  // namespace

void WriteExperiment(JsonWriter& out, const tracking::Experiment& experiment) {
  out.BeginObject();
  Text(out, "experiment_id", std::to_string(experiment.id));
  Text(out, "name", experiment.name);
  Text(out, "artifact_location", experiment.artifact_location);
  Text(out, "lifecycle_stage", LifecycleName(experiment.lifecycle_stage));
  Number(out, "last_update_time", experiment.updated_ms);
  Number(out, "creation_time", experiment.created_ms);
  Pairs(out, "tags", experiment.tags);
  out.EndObject();
}

void WriteRunInfo(JsonWriter& out, const tracking::RunInfo& info) {
  out.BeginObject();
  Text(out, "run_uuid", info.id.text());
  Text(out, "run_id", info.id.text());
  Text(out, "run_name", info.name);
  Text(out, "experiment_id", std::to_string(info.experiment_id));
  Text(out, "user_id", info.user);
  Text(out, "status", EnumName(info.status));
  Number(out, "start_time", info.start_ms);
  if (info.end_ms) Number(out, "end_time", *info.end_ms);
  Text(out, "artifact_uri", info.artifact_uri);
  Text(out, "lifecycle_stage", LifecycleName(info.lifecycle_stage));
  out.EndObject();
}

void WriteRun(JsonWriter& out, const tracking::Run& run) {
  out.BeginObject();
  out.Key("info");
  WriteRunInfo(out, run.info);
  out.Key("data");
  WriteData(out, run);
  WriteInputsAndOutputs(out, run);
  out.EndObject();
}

void WriteLoggedModel(JsonWriter& out, const tracking::LoggedModel& model) {
  out.BeginObject();
  out.Key("info");
  out.BeginObject();
  Text(out, "model_id", model.id.text());
  Text(out, "experiment_id", std::to_string(model.experiment_id));
  Text(out, "name", model.name);
  Number(out, "creation_timestamp_ms", model.created_ms);
  Number(out, "last_updated_timestamp_ms", model.updated_ms);
  Text(out, "artifact_uri", model.artifact_uri);
  Text(out, "status", "LOGGED_MODEL_" + EnumName(model.status));
  if (!model.model_type.empty()) Text(out, "model_type", model.model_type);
  if (!model.source_run_id.empty()) Text(out, "source_run_id", model.source_run_id);
  if (!model.status_message.empty()) Text(out, "status_message", model.status_message);
  Pairs(out, "tags", model.tags);
  out.EndObject();
  if (!model.params.empty() || !model.metrics.empty()) {
    out.Key("data");
    out.BeginObject();
    Pairs(out, "params", model.params);
    WriteModelMetrics(out, model);
    out.EndObject();
  }
  out.EndObject();
}

void WriteFile(JsonWriter& out, std::string_view name, const tracking::ArtifactEntry& entry) {
  out.BeginObject();
  Text(out, "path", name);
  out.Key("is_dir");
  out.Bool(entry.is_dir);
  if (entry.size) Number(out, "file_size", static_cast<int64_t>(*entry.size));
  out.EndObject();
}

std::string_view StageName(models::Stage stage) {
  switch (stage) {
    case models::Stage::kNone:
      return "None";
    case models::Stage::kStaging:
      return "Staging";
    case models::Stage::kProduction:
      return "Production";
    case models::Stage::kArchived:
      return "Archived";
  }
  return "None";
}

void WriteModelVersion(JsonWriter& out, const models::ModelVersion& version) {
  out.BeginObject();
  Text(out, "name", version.name);
  Text(out, "version", std::to_string(version.version));
  Number(out, "creation_timestamp", ToMillis(version.created_at));
  Number(out, "last_updated_timestamp", ToMillis(version.updated_at));
  Text(out, "current_stage", StageName(version.stage));
  TextIfSet(out, "description", version.description);
  Text(out, "source", version.source);
  TextIfSet(out, "run_id", version.run_id);
  Text(out, "status", "READY");
  TextIfSet(out, "run_link", version.run_link);
  TextIfSet(out, "model_id", version.model_id);
  Pairs(out, "tags", version.tags);
  List(out, "aliases", version.aliases, [&](const std::string& alias) { out.String(alias); });
  out.EndObject();
}

void WriteRegisteredModel(JsonWriter& out, const models::RegisteredModel& model) {
  out.BeginObject();
  Text(out, "name", model.name);
  Number(out, "creation_timestamp", ToMillis(model.created_at));
  Number(out, "last_updated_timestamp", ToMillis(model.updated_at));
  if (model.description && !model.description->empty()) Text(out, "description", *model.description);
  List(out, "latest_versions", model.latest_versions,
       [&](const models::ModelVersion& version) { WriteModelVersion(out, version); });
  Pairs(out, "tags", model.tags);
  List(out, "aliases", model.aliases, [&](const models::Alias& alias) {
    out.BeginObject();
    Text(out, "alias", alias.alias);
    Text(out, "version", std::to_string(alias.version));
    out.EndObject();
  });
  out.EndObject();
}

http::Response EmptyAnswer() {
  return http::Response::Json("{}");
}

}  // namespace orrery::compat::mlflow
