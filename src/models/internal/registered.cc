#include <algorithm>

#include "models/internal/names.h"
#include "models/internal/rows.h"
#include "models/models.h"

namespace orrery::models {
namespace {

bool Exists(sql::Reader& reader, const std::string& name) {
  return reader.First<int64_t>("SELECT id FROM registered_models WHERE name = ?", name).has_value();
}

bool IsPrompt(const std::vector<Tag>& tags) {
  return std::any_of(tags.begin(), tags.end(), [](const Tag& tag) {
    return tag.key == "mlflow.prompt.is_prompt" && tag.value == "true";
  });
}

/// Says what has the name: prompts and models share theirs.
[[noreturn]] void RefuseTaken(sql::Reader& reader, const std::string& name, bool for_prompt) {
  const bool by_prompt = IsPrompt(Complete(reader, RequireModel(reader, name)).tags);
  const auto kind = [](bool is_prompt) { return std::string(is_prompt ? "prompt" : "registered model"); };
  std::string text = (by_prompt ? "Prompt (name=" : "Registered Model (name=") + name + ") already exists.";
  if (by_prompt != for_prompt) {
    text = "Tried to create a " + kind(for_prompt) + " with name '" + name +
           "', but the name is already taken by a " + kind(by_prompt) + ".";
  }
  throw Error(Code::kAlreadyExists, text, "name");
}

}  // namespace

RegisteredModel Registry::Create(const NewModel& model, const Actor& by) {
  CheckModelName(model.name);
  CheckDescription(model.description);
  const std::vector<Tag> tags = CheckedTags(model.tags);
  const Instant now = clock_.Now();
  return database_.Write([&](sql::Writer& writer) {
    if (Exists(writer, model.name)) RefuseTaken(writer, model.name, IsPrompt(tags));
    writer.Run(
        "INSERT INTO registered_models (name, created_at, updated_at, description, last_version)"
        " VALUES (?, ?, ?, ?, 0)",
        model.name, now, now, model.description);
    const int64_t id = writer.LastInsertId();
    for (const Tag& tag : tags) {
      writer.Run("INSERT INTO registered_model_tags (model, key, value) VALUES (?, ?, ?)", id, tag.key,
                 tag.value);
    }
    events_.Append(writer, ModelEvent("model_created", model.name, by));
    return Complete(writer, RequireModel(writer, model.name));
  });
}

RegisteredModel Registry::Get(const std::string& name) {
  CheckModelName(name);
  return database_.Read([&](sql::Reader& reader) { return Complete(reader, RequireModel(reader, name)); });
}

RegisteredModel Registry::Describe(const std::string& name, const std::optional<std::string>& description) {
  CheckModelName(name);
  CheckDescription(description);
  const Instant now = clock_.Now();
  return database_.Write([&](sql::Writer& writer) {
    const ModelRow model = RequireModel(writer, name);
    writer.Run("UPDATE registered_models SET description = ?, updated_at = ? WHERE id = ?", description, now,
               model.id);
    return Complete(writer, RequireModel(writer, name));
  });
}

RegisteredModel Registry::Rename(const std::string& name, const std::string& new_name, const Actor& by) {
  CheckModelName(name);
  CheckModelName(new_name, "new_name");
  const Instant now = clock_.Now();
  return database_.Write([&](sql::Writer& writer) {
    const ModelRow model = RequireModel(writer, name);
    if (new_name != name && Exists(writer, new_name)) {
      throw Error(Code::kAlreadyExists, "Registered Model (name=" + new_name + ") already exists.",
                  "new_name");
    }
    writer.Run("UPDATE registered_models SET name = ?, updated_at = ? WHERE id = ?", new_name, now, model.id);
    writer.Run("UPDATE model_versions SET updated_at = ? WHERE model = ?", now, model.id);
    events_.Append(writer, ModelEvent("model_renamed", name, by, {{"new_name", new_name}}));
    return Complete(writer, RequireModel(writer, new_name));
  });
}

void Registry::Delete(const std::string& name, const Actor& by) {
  CheckModelName(name);
  database_.Write([&](sql::Writer& writer) {
    writer.Run("DELETE FROM registered_models WHERE id = ?", RequireModel(writer, name).id);
    events_.Append(writer, ModelEvent("model_deleted", name, by));
  });
}

std::vector<ModelVersion> Registry::LatestVersions(const std::string& name,
                                                   const std::vector<Stage>& stages) {
  CheckModelName(name);
  return database_.Read([&](sql::Reader& reader) {
    auto versions = NewestOfEachStage(reader, RequireModel(reader, name));
    std::erase_if(versions, [&](const ModelVersion& version) {
      return !stages.empty() && std::find(stages.begin(), stages.end(), version.stage) == stages.end();
    });
    return versions;
  });
}

void Registry::SetTag(const std::string& name, const Tag& tag) {
  CheckModelName(name);
  CheckTag(tag);
  database_.Write([&](sql::Writer& writer) {
    writer.Run(
        "INSERT INTO registered_model_tags (model, key, value) VALUES (?, ?, ?)"
        " ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
        RequireModel(writer, name).id, tag.key, tag.value);
  });
}

void Registry::DeleteTag(const std::string& name, const std::string& key) {
  CheckModelName(name);
  CheckTagKey(key);
  database_.Write([&](sql::Writer& writer) {
    writer.Run("DELETE FROM registered_model_tags WHERE model = ? AND key = ?", RequireModel(writer, name).id,
               key);
  });
}

void Registry::SetAlias(const std::string& name, const std::string& alias, int64_t version, const Actor& by) {
  CheckModelName(name);
  CheckAlias(alias, /*for_writing=*/true);
  database_.Write([&](sql::Writer& writer) {
    const ModelRow model = RequireModel(writer, name);
    RequireVersion(writer, model, version);
    writer.Run(
        "INSERT INTO model_aliases (model, alias, version) VALUES (?, ?, ?)"
        " ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version",
        model.id, alias, version);
    events_.Append(writer, ModelEvent("model_alias_set", name, by, {{"alias", alias}, {"version", version}}));
  });
}

void Registry::DeleteAlias(const std::string& name, const std::string& alias, const Actor& by) {
  CheckModelName(name);
  CheckAlias(alias, /*for_writing=*/false);
  database_.Write([&](sql::Writer& writer) {
    const int64_t gone = writer.Run("DELETE FROM model_aliases WHERE model = ? AND alias = ?",
                                    RequireModel(writer, name).id, alias);
    if (gone > 0) events_.Append(writer, ModelEvent("model_alias_deleted", name, by, {{"alias", alias}}));
  });
}

std::optional<ModelVersion> Registry::FindByAlias(const std::string& name, const std::string& alias) {
  CheckModelName(name);
  CheckAlias(alias, /*for_writing=*/false);
  return database_.Read([&](sql::Reader& reader) -> std::optional<ModelVersion> {
    const ModelRow model = RequireModel(reader, name);
    const auto version =
        alias == "latest"
            ? reader
                  .First<std::optional<int64_t>>("SELECT MAX(version) FROM model_versions WHERE model = ?",
                                                 model.id)
                  .value_or(std::nullopt)
            : reader.First<int64_t>("SELECT version FROM model_aliases WHERE model = ? AND alias = ?",
                                    model.id, alias);
    if (!version) return std::nullopt;
    return Complete(reader, name, RequireVersion(reader, model, *version));
  });
}

}  // namespace orrery::models
