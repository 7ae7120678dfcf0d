#include "tracking/runs.h"

#include "compat/mlflow/answers.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/shared_requests.h"

namespace orrery::compat::mlflow {
namespace {

struct CreateRequest {
  static constexpr std::string_view kRequired[] = {"experiment_id"};
  std::string experiment_id;
  std::string user_id;
  std::string run_name;
  std::optional<int64_t> start_time;
  std::vector<PairRequest> tags;
};
BOOST_DESCRIBE_STRUCT(CreateRequest, (), (experiment_id, user_id, run_name, start_time, tags))

struct RunRequest {
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
};
BOOST_DESCRIBE_STRUCT(RunRequest, (), (run_id, run_uuid))

struct UpdateRequest {
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
  std::optional<tracking::RunStatus> status;
  std::optional<int64_t> end_time;
  std::optional<std::string> run_name;
};
BOOST_DESCRIBE_STRUCT(UpdateRequest, (), (run_id, run_uuid, status, end_time, run_name))

struct PairOfRunRequest {
  static constexpr std::string_view kRequired[] = {"key"};
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(PairOfRunRequest, (), (run_id, run_uuid, key, value))

struct DatasetRequest {
  static constexpr std::string_view kRequired[] = {"name", "digest"};
  std::string name;
  std::string digest;
  std::string source_type;
  std::string source;
  std::optional<std::string> schema;
  std::optional<std::string> profile;
};
BOOST_DESCRIBE_STRUCT(DatasetRequest, (), (name, digest, source_type, source, schema, profile))

struct DatasetInputRequest {
  static constexpr std::string_view kRequired[] = {"dataset"};
  DatasetRequest dataset;
  std::vector<PairRequest> tags;
};
BOOST_DESCRIBE_STRUCT(DatasetInputRequest, (), (dataset, tags))

struct ModelRequest {
  static constexpr std::string_view kRequired[] = {"model_id"};
  std::string model_id;
  int64_t step = 0;
};
BOOST_DESCRIBE_STRUCT(ModelRequest, (), (model_id, step))

struct InputsRequest {
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
  std::vector<DatasetInputRequest> datasets;
  std::vector<ModelRequest> models;
};
BOOST_DESCRIBE_STRUCT(InputsRequest, (), (run_id, run_uuid, datasets, models))

struct LogModelRequest {
  static constexpr std::string_view kRequired[] = {"model_json"};
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
  std::string model_json;
};
BOOST_DESCRIBE_STRUCT(LogModelRequest, (), (run_id, run_uuid, model_json))

constexpr std::string_view kModelHistoryTag = "mlflow.log-model.history";

void CheckModelJson(const std::string& text) {
  const json::value value = [&] {
    try {
      return ParseJson(text);
    } catch (const Error& error) {
      throw InvalidField("model_json", std::string("Malformed model info: ") + error.what());
    }
  }();
  for (const char* field : {"artifact_path", "flavors", "utc_time_created", "run_id"}) {
    if (!value.is_object() || !value.get_object().contains(field)) {
      throw InvalidField("model_json", std::string("Model json is missing mandatory field ") + field);
    }
  }
}

// The history is a JSON list in a tag; the entries keep their text.
std::string Appended(const tracking::Run& run, const std::string& model_json) {
  for (const tracking::Tag& tag : run.tags) {
    if (tag.key == kModelHistoryTag && tag.value.starts_with('[') && tag.value.ends_with(']') &&
        tag.value.size() > 2) {
      return tag.value.substr(0, tag.value.size() - 1) + ", " + model_json + "]";
    }
  }
  return "[" + model_json + "]";
}

}  // namespace

http::Response CreateRun(const Services& services, http::Request& request) {
  auto asked = ReadRequest<CreateRequest>(request);
  CheckLength("run_name", asked.run_name, kRunNameLength);
  if (asked.start_time == 0) asked.start_time.reset();
  const auto run =
      services.tracking.runs.Create({.experiment_id = tracking::ParseExperimentId(asked.experiment_id),
                                     .user = std::move(asked.user_id),
                                     .name = std::move(asked.run_name),
                                     .start_ms = asked.start_time,
                                     .tags = CutPairs<tracking::Tag>(std::move(asked.tags), kTagValueLength)},
                                    request.actor());
  return Answer("run", [&](JsonWriter& out) { WriteRun(out, run); });
}

http::Response GetRun(const Services& services, http::Request& request) {
  const auto run = services.tracking.runs.Get(RunOf(ReadRequest<RunRequest>(request)));
  return Answer("run", [&](JsonWriter& out) { WriteRun(out, run); });
}

http::Response UpdateRun(const Services& services, http::Request& request) {
  auto asked = ReadRequest<UpdateRequest>(request);
  if (asked.run_name) CheckLength("run_name", *asked.run_name, kRunNameLength);
  if (asked.run_name && asked.run_name->empty()) asked.run_name.reset();
  const auto info = services.tracking.runs.Update(
      RunOf(asked), {.status = asked.status, .end_ms = asked.end_time, .name = std::move(asked.run_name)},
      request.actor());
  return Answer("run_info", [&](JsonWriter& out) { WriteRunInfo(out, info); });
}

http::Response DeleteRun(const Services& services, http::Request& request) {
  services.tracking.runs.Delete(RunOf(ReadRequest<RunRequest>(request)), request.actor());
  return EmptyAnswer();
}

http::Response RestoreRun(const Services& services, http::Request& request) {
  services.tracking.runs.Restore(RunOf(ReadRequest<RunRequest>(request)), request.actor());
  return EmptyAnswer();
}

http::Response LogParameter(const Services& services, http::Request& request) {
  auto asked = ReadRequest<PairOfRunRequest>(request);
  services.tracking.runs.LogBatch(
      RunOf(asked),
      {.params = {{std::move(asked.key), CutCharacters(std::move(asked.value), kParamValueLength)}}});
  return EmptyAnswer();
}

http::Response SetTag(const Services& services, http::Request& request) {
  auto asked = ReadRequest<PairOfRunRequest>(request);
  services.tracking.runs.LogBatch(
      RunOf(asked),
      {.tags = {{std::move(asked.key), CutCharacters(std::move(asked.value), kTagValueLength)}}});
  return EmptyAnswer();
}

http::Response DeleteTag(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<PairOfRunRequest>(request);
  services.tracking.runs.DeleteTag(RunOf(asked), asked.key);
  return EmptyAnswer();
}

http::Response LogInputs(const Services& services, http::Request& request) {
  auto asked = ReadRequest<InputsRequest>(request);
  std::vector<tracking::DatasetInput> datasets;
  for (DatasetInputRequest& input : asked.datasets) {
    DatasetRequest& dataset = input.dataset;
    datasets.push_back({.dataset = {.name = std::move(dataset.name),
                                    .digest = std::move(dataset.digest),
                                    .source_type = std::move(dataset.source_type),
                                    .source = std::move(dataset.source),
                                    .schema = std::move(dataset.schema),
                                    .profile = std::move(dataset.profile)},
                        .tags = Pairs<tracking::Tag>(std::move(input.tags))});
  }
  std::vector<tracking::ModelInput> models;
  for (ModelRequest& model : asked.models) models.push_back({std::move(model.model_id)});
  services.tracking.runs.LogInputs(RunOf(asked), datasets, models);
  return EmptyAnswer();
}

http::Response LogOutputs(const Services& services, http::Request& request) {
  auto asked = ReadRequest<InputsRequest>(request);
  std::vector<tracking::ModelOutput> models;
  for (ModelRequest& model : asked.models) models.push_back({std::move(model.model_id), model.step});
  services.tracking.runs.LogOutputs(RunOf(asked), models);
  return EmptyAnswer();
}

http::Response LogModel(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<LogModelRequest>(request);
  const auto run = RunOf(asked);
  CheckModelJson(asked.model_json);
  services.database.Write([&](sql::Writer& writer) {
    std::string history = Appended(services.tracking.runs.Get(writer, run), asked.model_json);
    services.tracking.runs.LogBatch(writer, run,
                                    {.tags = {{std::string(kModelHistoryTag), std::move(history)}}});
  });
  return EmptyAnswer();
}

}  // namespace orrery::compat::mlflow
