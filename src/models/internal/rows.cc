#include "models/internal/rows.h"

namespace orrery::models {
namespace {

std::vector<Tag> VersionTags(sql::Reader& reader, const VersionRow& row) {
  return reader.All<Tag>(
      "SELECT key, value FROM model_version_tags WHERE model = ? AND version = ? ORDER BY key", row.model,
      row.version);
}

std::vector<std::string> VersionAliases(sql::Reader& reader, const VersionRow& row) {
  return reader.All<std::string>(
      "SELECT alias FROM model_aliases WHERE model = ? AND version = ? ORDER BY alias", row.model,
      row.version);
}

}  // namespace

ModelRow RequireModel(sql::Reader& reader, const std::string& name) {
  static const std::string kSql =
      "SELECT " + sql::Columns<ModelRow>() + " FROM registered_models WHERE name = ?";
  auto row = reader.First<ModelRow>(kSql, name);
  if (!row) throw Error(Code::kNotFound, "Registered Model with name=" + name + " not found", "name");
  return *row;
}

VersionRow RequireVersion(sql::Reader& reader, const ModelRow& model, int64_t version) {
  static const std::string kSql =
      "SELECT " + sql::Columns<VersionRow>() + " FROM model_versions WHERE model = ? AND version = ?";
  auto row = reader.First<VersionRow>(kSql, model.id, version);
  if (!row) {
    throw Error(Code::kNotFound,
                "Model Version (name=" + model.name + ", version=" + std::to_string(version) + ") not found",
                "version");
  }
  return *row;
}

ModelVersion Complete(sql::Reader& reader, const std::string& name, const VersionRow& row) {
  return {.name = name,
          .version = row.version,
          .created_at = row.created_at,
          .updated_at = row.updated_at,
          .stage = row.stage,
          .description = row.description,
          .source = row.source,
          .location = row.location,
          .run_id = row.run_id,
          .model_id = row.model_id,
          .run_link = row.run_link,
          .tags = VersionTags(reader, row),
          .aliases = VersionAliases(reader, row)};
}

std::vector<ModelVersion> NewestOfEachStage(sql::Reader& reader, const ModelRow& model) {
  static const std::string kSql = "SELECT " + sql::Columns<VersionRow>() +
                                  " FROM model_versions WHERE model = ? AND version IN"
                                  " (SELECT MAX(version) FROM model_versions WHERE model = ? GROUP BY stage)"
                                  " ORDER BY version";
  std::vector<ModelVersion> out;
  for (const VersionRow& row : reader.All<VersionRow>(kSql, model.id, model.id)) {
    out.push_back(Complete(reader, model.name, row));
  }
  return out;
}

RegisteredModel Complete(sql::Reader& reader, const ModelRow& row) {
  return {.name = row.name,
          .created_at = row.created_at,
          .updated_at = row.updated_at,
          .description = row.description,
          .latest_versions = NewestOfEachStage(reader, row),
          .tags = reader.All<Tag>("SELECT key, value FROM registered_model_tags WHERE model = ? ORDER BY key",
                                  row.id),
          .aliases = reader.All<Alias>(
              "SELECT alias, version FROM model_aliases WHERE model = ? ORDER BY alias", row.id)};
}

events::NewEvent ModelEvent(std::string_view type, const std::string& name, const Actor& by,
                            json::object data) {
  return {.type = std::string(type), .subject = "model:" + name, .actor = by, .data = std::move(data)};
}

void Touch(sql::Writer& writer, const ModelRow& model, Instant now) {
  writer.Run("UPDATE registered_models SET updated_at = ? WHERE id = ?", now, model.id);
}

}  // namespace orrery::models
