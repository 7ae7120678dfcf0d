#include "models/internal/names.h"
#include "models/internal/origin.h"
#include "models/internal/rows.h"
#include "models/models.h"

namespace orrery::models {
namespace {

constexpr std::string_view kPromptTag = "mlflow.prompt.is_prompt";

bool IsPrompt(const std::vector<Tag>& tags) {
  for (const Tag& tag : tags) {
    if (tag.key == kPromptTag) return tag.value == "true" || tag.value == "True";
  }
  return false;
}

}  // namespace

ModelVersion Registry::CreateVersion(const NewVersion& version, const Actor& by) {
  CheckModelName(version.name);
  CheckDescription(version.description);
  const std::vector<Tag> tags = CheckedTags(version.tags);
  const CheckedOrigin origin = CheckOrigin(version, IsPrompt(tags), *this, lineage_);
  const Instant now = clock_.Now();
  return database_.Write([&](sql::Writer& writer) {
    const ModelRow model = RequireModel(writer, version.name);
    const VersionRow row{.model = model.id,
                         .version = model.last_version + 1,
                         .created_at = now,
                         .updated_at = now,
                         .description = version.description,
                         .source = origin.source,
                         .location = origin.location,
                         .run_id = origin.run_id,
                         .model_id = origin.model_id,
                         .run_link = version.run_link};
    writer.Insert("model_versions", row);
    writer.Run("UPDATE registered_models SET last_version = ?, updated_at = ? WHERE id = ?", row.version, now,
               model.id);
    for (const Tag& tag : tags) {
      writer.Run("INSERT INTO model_version_tags (model, version, key, value) VALUES (?, ?, ?, ?)", model.id,
                 row.version, tag.key, tag.value);
    }
    if (row.model_id) lineage_.NoteRegistered(writer, *row.model_id, model.name, row.version);
    events_.Append(writer, ModelEvent("model_version_created", model.name, by, {{"version", row.version}}));
    return Complete(writer, model.name, row);
  });
}

ModelVersion Registry::GetVersion(const std::string& name, int64_t version) {
  CheckModelName(name);
  return database_.Read([&](sql::Reader& reader) {
    return Complete(reader, name, RequireVersion(reader, RequireModel(reader, name), version));
  });
}

ModelVersion Registry::DescribeVersion(const std::string& name, int64_t version,
                                       const std::optional<std::string>& description) {
  CheckModelName(name);
  CheckDescription(description);
  const Instant now = clock_.Now();
  return database_.Write([&](sql::Writer& writer) {
    const ModelRow model = RequireModel(writer, name);
    RequireVersion(writer, model, version);
    writer.Run("UPDATE model_versions SET description = ?, updated_at = ? WHERE model = ? AND version = ?",
               description, now, model.id, version);
    return Complete(writer, name, RequireVersion(writer, model, version));
  });
}

void Registry::DeleteVersion(const std::string& name, int64_t version, const Actor& by) {
  CheckModelName(name);
  const Instant now = clock_.Now();
  database_.Write([&](sql::Writer& writer) {
    const ModelRow model = RequireModel(writer, name);
    RequireVersion(writer, model, version);
    writer.Run("DELETE FROM model_versions WHERE model = ? AND version = ?", model.id, version);
    Touch(writer, model, now);
    events_.Append(writer, ModelEvent("model_version_deleted", name, by, {{"version", version}}));
  });
}

ModelVersion Registry::Transition(const std::string& name, int64_t version, Stage stage,
                                  bool archive_existing, const Actor& by) {
  CheckModelName(name);
  if (archive_existing && stage != Stage::kStaging && stage != Stage::kProduction) {
    throw InvalidField("archive_existing_versions",
                       "only for the stages Staging and Production, got " + EnumName(stage));
  }
  const Instant now = clock_.Now();
  return database_.Write([&](sql::Writer& writer) {
    const ModelRow model = RequireModel(writer, name);
    RequireVersion(writer, model, version);
    if (archive_existing) {
      writer.Run(
          "UPDATE model_versions SET stage = ?, updated_at = ? WHERE model = ? AND stage = ? AND version <> "
          "?",
          Stage::kArchived, now, model.id, stage, version);
    }
    writer.Run("UPDATE model_versions SET stage = ?, updated_at = ? WHERE model = ? AND version = ?", stage,
               now, model.id, version);
    Touch(writer, model, now);
    events_.Append(writer, ModelEvent("model_stage_changed", name, by,
                                      {{"version", version}, {"stage", EnumName(stage)}}));
    return Complete(writer, name, RequireVersion(writer, model, version));
  });
}

void Registry::SetVersionTag(const std::string& name, int64_t version, const Tag& tag) {
  CheckModelName(name);
  CheckTag(tag);
  database_.Write([&](sql::Writer& writer) {
    const ModelRow model = RequireModel(writer, name);
    RequireVersion(writer, model, version);
    writer.Run(
        "INSERT INTO model_version_tags (model, version, key, value) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (model, version, key) DO UPDATE SET value = excluded.value",
        model.id, version, tag.key, tag.value);
  });
}

void Registry::DeleteVersionTag(const std::string& name, int64_t version, const std::string& key) {
  CheckModelName(name);
  CheckTagKey(key);
  database_.Write([&](sql::Writer& writer) {
    const ModelRow model = RequireModel(writer, name);
    RequireVersion(writer, model, version);
    writer.Run("DELETE FROM model_version_tags WHERE model = ? AND version = ? AND key = ?", model.id,
               version, key);
  });
}

}  // namespace orrery::models
