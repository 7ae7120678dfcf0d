#include "models/tracking_lineage.h"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "base/error.h"
#include "base/json_parse.h"

namespace orrery::models {
namespace {

// An id that cannot be is one that does not exist: both name nothing.
template <typename Find>
std::optional<Origin> OrNone(Find&& find) {
  try {
    return find();
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound && error.code() != Code::kInvalidArgument) throw;
    return std::nullopt;
  }
}

constexpr std::string_view kVersionsTag = "mlflow.modelVersions";

// Clients may write the tag too; what is no list is started anew.
json::array StoredVersions(const std::string& text) {
  try {
    json::value value = ParseJson(text);
    if (value.is_array()) return std::move(value.get_array());
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
  }
  return {};
}

// As Python writes it, so that who compares texts finds the same whichever side wrote the tag last.
std::string Spaced(std::string_view json) {
  std::string out;
  bool quoted = false;
  for (size_t i = 0; i < json.size(); ++i) {
    out += json[i];
    if (quoted && json[i] == '\\') {
      out += json[++i];
    } else if (json[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (json[i] == ',' || json[i] == ':')) {
      out += ' ';
    }
  }
  return out;
}

}  // namespace

std::optional<Origin> TrackingLineage::OfRun(std::string_view run_id) {
  return OrNone([&]() -> Origin {
    const auto run = tracking_.runs.GetInfo(tracking::RunId::Parse(run_id));
    return {.artifact_root = run.artifact_uri, .run_id = run.id.text()};
  });
}

std::optional<Origin> TrackingLineage::OfLoggedModel(std::string_view model_id) {
  return OrNone([&]() -> Origin {
    const auto model = tracking_.logged_models.Get(tracking::LoggedModelId::Parse(model_id));
    Origin origin{.artifact_root = model.artifact_uri};
    if (!model.source_run_id.empty()) origin.run_id = model.source_run_id;
    return origin;
  });
}

void TrackingLineage::NoteRegistered(sql::Writer& writer, const std::string& model_id,
                                     const std::string& name, int64_t version) {
  const auto id = tracking::LoggedModelId::Parse(model_id);
  const json::value entry = {{"name", name}, {"version", version}};
  json::array versions;
  for (const auto& tag : tracking_.logged_models.Get(writer, id).tags) {
    if (tag.key == kVersionsTag) versions = StoredVersions(tag.value);
  }
  if (std::find(versions.begin(), versions.end(), entry) != versions.end()) return;
  versions.push_back(entry);
  tracking_.logged_models.SetTags(writer, id,
                                  {{std::string(kVersionsTag), Spaced(json::serialize(versions))}});
}

}  // namespace orrery::models
