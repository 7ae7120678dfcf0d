#include "tracking/logged_models.h"

#include "tracking/internal/batch.h"
#include "tracking/internal/checks.h"
#include "tracking/internal/experiment_rows.h"
#include "tracking/internal/model_rows.h"
#include "tracking/internal/run_names.h"
#include "tracking/internal/run_rows.h"
#include "tracking/internal/tell.h"
#include "tracking/limits.h"

namespace orrery::tracking {
namespace {

using internal::ModelRow;

void PutTags(sql::Writer& writer, int64_t seq, const std::vector<Tag>& tags) {
  for (const Tag& tag : tags) {
    writer.Run(
        "INSERT INTO logged_model_tags (model_seq, key, value) VALUES (?, ?, ?) "
        "ON CONFLICT (model_seq, key) DO UPDATE SET value = excluded.value",
        seq, tag.key, tag.value);
  }
}

void PutParams(sql::Writer& writer, int64_t seq, const std::vector<Param>& params) {
  for (const Param& param : params) {
    const int64_t changed = writer.Run(
        "INSERT INTO logged_model_params (model_seq, key, value) VALUES (?, ?, ?) "
        "ON CONFLICT (model_seq, key) DO NOTHING",
        seq, param.key, param.value);
    if (changed > 0) continue;
    const auto stored = writer.First<std::string>(
        "SELECT value FROM logged_model_params WHERE model_seq = ? AND key = ?", seq, param.key);
    if (stored != param.value) {
      throw InvalidField("params", "Changing param values is not allowed: " + Quoted(param.key) + " is " +
                                       Quoted(stored.value_or("")) + ", attempted " + Quoted(param.value));
    }
  }
}

void CheckParams(const std::vector<Param>& params) {
  for (const Param& param : params) {
    internal::CheckName("params.key", param.key, kMaxKeyBytes);
    internal::CheckLength("params.value", param.value, kMaxParamValueBytes);
  }
}

void CheckTags(const std::vector<Tag>& tags) {
  for (const Tag& tag : tags) {
    internal::CheckName("tags.key", tag.key, kMaxKeyBytes);
    internal::CheckLength("tags.value", tag.value, kMaxTagValueBytes);
  }
}

}  // namespace

LoggedModels::LoggedModels(sql::Database& database, events::EventLog& events, Clock& clock, Random& random)
    : database_(database), events_(events), clock_(clock), random_(random) {}

LoggedModel LoggedModels::Create(const NewLoggedModel& model, const Actor& by) {
  internal::CheckLength("name", model.name, kMaxNameBytes);
  if (model.name.find_first_of("/:.%\"'") != std::string::npos) {
    throw Error(Code::kInvalidArgument,
                "Invalid model name (" + Quoted(model.name) + ") provided: it cannot contain / : . % \" '",
                "name");
  }
  internal::CheckLength("model_type", model.model_type, kMaxNameBytes);
  CheckParams(model.params);
  CheckTags(model.tags);
  return database_.Write([&](sql::Writer& writer) {
    const auto experiment = internal::RequireActiveExperiment(writer, model.experiment_id);
    if (!model.source_run_id.empty()) RunId::Parse(model.source_run_id);  // it may be a run of elsewhere
    const int64_t now = ToMillis(clock_.Now());
    const auto id = LoggedModelId::Parse("m-" + random_.Hex(16));
    const std::string name = model.name.empty() ? internal::DrawName(random_) : model.name;
    writer.Run(
        "INSERT INTO logged_models (id, experiment_id, name, model_type, source_run_id, status, "
        "status_message, "
        "artifact_uri, created_ms, updated_ms, lifecycle_stage) VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, "
        "'ACTIVE')",
        id, model.experiment_id, name, model.model_type, model.source_run_id, LoggedModelStatus::kPending,
        experiment.artifact_location + "/models/" + id.text() + "/artifacts", now, now);
    const int64_t seq = writer.LastInsertId();
    PutParams(writer, seq, model.params);
    PutTags(writer, seq, model.tags);
    internal::Tell(events_, writer, "logged_model_created", "logged_model", id.text(), by,
                   {{"experiment_id", model.experiment_id}, {"name", name}});
    return Get(writer, id);
  });
}

LoggedModel LoggedModels::Get(const LoggedModelId& id) {
  return database_.Read([&](sql::Reader& reader) { return Get(reader, id); });
}

LoggedModel LoggedModels::Get(sql::Reader& reader, const LoggedModelId& id) {
  return internal::LoadModels(reader, {internal::RequireModel(reader, id)}).front();
}

LoggedModelPage LoggedModels::Search(const LoggedModelQuery& query) {
  return database_.Read([&](sql::Reader& reader) { return internal::SearchModels(reader, query); });
}

LoggedModel LoggedModels::Finish(const LoggedModelId& id, LoggedModelStatus status, const Actor& by) {
  return database_.Write([&](sql::Writer& writer) {
    const ModelRow row = internal::RequireModel(writer, id);
    writer.Run("UPDATE logged_models SET status = ?, updated_ms = ? WHERE seq = ?", status,
               ToMillis(clock_.Now()), row.seq);
    internal::Tell(events_, writer, "logged_model_updated", "logged_model", id.text(), by,
                   {{"status", EnumName(status)}});
    return Get(writer, id);
  });
}

void LoggedModels::Delete(const LoggedModelId& id, const Actor& by) {
  database_.Write([&](sql::Writer& writer) {
    const ModelRow row = internal::RequireModel(writer, id);
    writer.Run("UPDATE logged_models SET lifecycle_stage = 'DELETED', updated_ms = ? WHERE seq = ?",
               ToMillis(clock_.Now()), row.seq);
    internal::Tell(events_, writer, "logged_model_deleted", "logged_model", id.text(), by);
  });
}

void LoggedModels::SetTags(const LoggedModelId& id, const std::vector<Tag>& tags) {
  database_.Write([&](sql::Writer& writer) { SetTags(writer, id, tags); });
}

void LoggedModels::SetTags(sql::Writer& writer, const LoggedModelId& id, const std::vector<Tag>& tags) {
  CheckTags(tags);
  PutTags(writer, internal::RequireModel(writer, id).seq, tags);
}

void LoggedModels::DeleteTag(const LoggedModelId& id, std::string_view key) {
  database_.Write([&](sql::Writer& writer) {
    const ModelRow row = internal::RequireModel(writer, id);
    if (writer.Run("DELETE FROM logged_model_tags WHERE model_seq = ? AND key = ?", row.seq, key) == 0) {
      throw Error(Code::kNotFound, "No tag with key " + Quoted(key) + " on logged model " + id.text(),
                  "tag_key");
    }
  });
}

void LoggedModels::LogParams(const LoggedModelId& id, const std::vector<Param>& params) {
  CheckParams(params);
  database_.Write(
      [&](sql::Writer& writer) { PutParams(writer, internal::RequireModel(writer, id).seq, params); });
}

}  // namespace orrery::tracking
