#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "http/message.h"
#include "models/types.h"
#include "tracking/artifacts.h"
#include "tracking/types.h"

/// Writes our records in MLflow's form: what is unset or an empty list is left out, int64 are numbers, ids of
/// experiments and numbers of versions are text.
namespace orrery::compat::mlflow {

void WriteExperiment(JsonWriter& out, const tracking::Experiment& experiment);
void WriteRunInfo(JsonWriter& out, const tracking::RunInfo& info);
void WriteRun(JsonWriter& out, const tracking::Run& run);
void WriteLoggedModel(JsonWriter& out, const tracking::LoggedModel& model);
void WriteRegisteredModel(JsonWriter& out, const models::RegisteredModel& model);
void WriteModelVersion(JsonWriter& out, const models::ModelVersion& version);

/// `name` is how the listing calls the entry.
void WriteFile(JsonWriter& out, std::string_view name, const tracking::ArtifactEntry& entry);

/// The name of a stage on this wire: "None", "Production".
std::string_view StageName(models::Stage stage);

/// {}
http::Response EmptyAnswer();

/// {"NAME": what `write` writes}
template <typename Write>
http::Response Answer(std::string_view name, Write&& write) {
  std::string body;
  JsonWriter out(body);
  out.BeginObject();
  out.Key(name);
  write(out);
  out.EndObject();
  return http::Response::Json(std::move(body));
}

/// {"NAME": [...], "next_page_token": "..."}, each part left out when empty.
template <typename Items, typename Write>
http::Response AnswerPage(std::string_view name, const Items& items, std::string_view next_page_token,
                          Write&& write) {
  std::string body;
  JsonWriter out(body);
  out.BeginObject();
  if (!items.empty()) {
    out.Key(name);
    out.BeginArray();
    for (const auto& item : items) write(out, item);
    out.EndArray();
  }
  if (!next_page_token.empty()) {
    out.Key("next_page_token");
    out.String(next_page_token);
  }
  out.EndObject();
  return http::Response::Json(std::move(body));
}

}  // namespace orrery::compat::mlflow
