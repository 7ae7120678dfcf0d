#pragma once

#include <optional>
#include <string>
#include <vector>

#include "events/event_log.h"
#include "models/types.h"
#include "sql/database.h"

namespace orrery::models {

/// A row of registered_models.
struct ModelRow {
  int64_t id = 0;
  std::string name;
  Instant created_at;
  Instant updated_at;
  std::optional<std::string> description;
  int64_t last_version = 0;
};
BOOST_DESCRIBE_STRUCT(ModelRow, (), (id, name, created_at, updated_at, description, last_version))

/// A row of model_versions.
struct VersionRow {
  int64_t model = 0;
  int64_t version = 0;
  Instant created_at;
  Instant updated_at;
  Stage stage = Stage::kNone;
  std::optional<std::string> description;
  std::string source;
  std::string location;
  std::optional<std::string> run_id;
  std::optional<std::string> model_id;
  std::optional<std::string> run_link;
};
BOOST_DESCRIBE_STRUCT(VersionRow, (),
                      (model, version, created_at, updated_at, stage, description, source, location, run_id,
                       model_id, run_link))

/// Errors: not_found.
ModelRow RequireModel(sql::Reader& reader, const std::string& name);
VersionRow RequireVersion(sql::Reader& reader, const ModelRow& model, int64_t version);

/// The row with its tags and aliases.
ModelVersion Complete(sql::Reader& reader, const std::string& name, const VersionRow& row);
/// The row with its tags, aliases and the newest version of each stage.
RegisteredModel Complete(sql::Reader& reader, const ModelRow& row);
/// The newest version of each stage, oldest first.
std::vector<ModelVersion> NewestOfEachStage(sql::Reader& reader, const ModelRow& model);

/// Something that happened to the model `name`.
events::NewEvent ModelEvent(std::string_view type, const std::string& name, const Actor& by,
                            json::object data = {});

/// Notes that something of the model changed.
void Touch(sql::Writer& writer, const ModelRow& model, Instant now);

}  // namespace orrery::models
