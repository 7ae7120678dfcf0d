#include "tracking/runs.h"

#include <algorithm>

#include "base/check.h"
#include "tracking/internal/batch.h"
#include "tracking/internal/checks.h"
#include "tracking/internal/experiment_rows.h"
#include "tracking/internal/inputs.h"
#include "tracking/internal/run_names.h"
#include "tracking/internal/run_rows.h"
#include "tracking/internal/run_search.h"
#include "tracking/internal/tell.h"
#include "tracking/internal/trash_rows.h"
#include "tracking/limits.h"

namespace orrery::tracking {
namespace {

using internal::kRunNameTag;
using internal::RunRow;

/// The name that the caller gave, by field or by tag; empty for none.
std::string GivenName(const NewRun& run) {
  std::string name = run.name;
  for (const Tag& tag : run.tags) {
    if (tag.key != kRunNameTag) continue;
    if (!name.empty() && name != tag.value) {
      throw InvalidField(
          "run_name",
          "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different "
          "values: " +
              Quoted(name) + " and " + Quoted(tag.value));
    }
    name = tag.value;
  }
  return name;
}

void Check(const NewRun& run) {
  internal::CheckLength("run_name", run.name, kMaxNameBytes);
  internal::CheckLength("user_id", run.user, kMaxUserBytes);
  if (run.start_ms) internal::CheckMillis("start_time", *run.start_ms);
  internal::CheckTags(run.tags);
}

}  // namespace

Runs::Runs(sql::Database& database, events::EventLog& events, Clock& clock, Random& random, Options options)
    : database_(database), events_(events), clock_(clock), random_(random), options_(std::move(options)) {}

Run Runs::Create(const NewRun& run, const Actor& by) {
  return database_.Write([&](sql::Writer& writer) { return Create(writer, run, by); });
}

Run Runs::Create(sql::Writer& writer, const NewRun& run, const Actor& by) {
  Check(run);
  const auto experiment = internal::RequireActiveExperiment(writer, run.experiment_id);
  std::string name = GivenName(run);
  if (name.empty()) name = internal::DrawName(random_);
  RunRow row{.id = run.id ? *run.id : RunId::Draw(random_),
             .name = name,
             .experiment_id = run.experiment_id,
             .user_name = run.user,
             .status = run.status,
             .start_ms = run.start_ms ? *run.start_ms : ToMillis(clock_.Now())};
  row.artifact_uri = experiment.artifact_location + "/" + row.id.text() + "/artifacts";
  writer.Run(
      "INSERT INTO runs (id, name, experiment_id, user_name, status, start_ms, artifact_uri, "
      "lifecycle_stage) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      row.id, row.name, row.experiment_id, row.user_name, row.status, row.start_ms, row.artifact_uri,
      row.lifecycle_stage);
  row.seq = writer.LastInsertId();

  Run out{.info = row.info(), .tags = run.tags};
  std::erase_if(out.tags, [](const Tag& tag) { return tag.key == kRunNameTag; });
  out.tags.push_back({std::string(kRunNameTag), name});
  // Of a key given twice the last counts.
  std::stable_sort(out.tags.begin(), out.tags.end(),
                   [](const Tag& a, const Tag& b) { return a.key < b.key; });
  const auto last = std::unique(out.tags.rbegin(), out.tags.rend(),
                                [](const Tag& a, const Tag& b) { return a.key == b.key; });
  out.tags.erase(out.tags.begin(), last.base());
  for (const Tag& tag : out.tags) internal::PutRunTag(writer, row.seq, tag);
  internal::Tell(events_, writer, "run_created", "run", row.id.text(), by,
                 {{"experiment_id", row.experiment_id}, {"name", name}, {"status", EnumName(row.status)}});
  return out;
}

Run Runs::Get(const RunId& id) {
  return database_.Read([&](sql::Reader& reader) { return Get(reader, id); });
}

Run Runs::Get(sql::Reader& reader, const RunId& id) {
  return internal::LoadRuns(reader, {internal::RequireRun(reader, id)}).front();
}

RunInfo Runs::GetInfo(const RunId& id) {
  return database_.Read([&](sql::Reader& reader) { return internal::RequireRun(reader, id).info(); });
}

RunPage Runs::Search(const RunQuery& query) {
  return database_.Read([&](sql::Reader& reader) { return internal::SearchRuns(reader, query); });
}

RunInfo Runs::Update(const RunId& id, const RunUpdate& update, const Actor& by) {
  return database_.Write([&](sql::Writer& writer) { return Update(writer, id, update, by); });
}

RunInfo Runs::Update(sql::Writer& writer, const RunId& id, const RunUpdate& update, const Actor& by) {
  if (update.start_ms) internal::CheckMillis("start_time", *update.start_ms);
  if (update.end_ms) internal::CheckMillis("end_time", *update.end_ms);
  if (update.name) internal::CheckName("run_name", *update.name, kMaxNameBytes);
  internal::RequireActiveRun(writer, id);
  RunRow row = internal::RequireRun(writer, id);
  json::object changes;
  if (update.status && *update.status != row.status) {
    row.status = *update.status;
    changes["status"] = EnumName(row.status);
  }
  if (update.start_ms) row.start_ms = *update.start_ms;
  if (update.reopen) row.end_ms.reset();
  if (update.end_ms) row.end_ms = update.end_ms;
  if (update.name && *update.name != row.name) {
    row.name = *update.name;
    changes["name"] = row.name;
    internal::PutRunTag(writer, row.seq, {std::string(kRunNameTag), row.name});
  }
  writer.Run("UPDATE runs SET status = ?, start_ms = ?, end_ms = ?, name = ? WHERE seq = ?", row.status,
             row.start_ms, row.end_ms, row.name, row.seq);
  if (!changes.empty())
    internal::Tell(events_, writer, "run_updated", "run", id.text(), by, std::move(changes));
  return row.info();
}

void Runs::Delete(const RunId& id, const Actor& by) {
  database_.Write([&](sql::Writer& writer) {
    const RunRow row = internal::RequireRun(writer, id);
    if (row.lifecycle_stage == LifecycleStage::kDeleted) return;
    for (const RunRow& run : internal::TakeToTrash(writer, row, ToMillis(clock_.Now())))
      internal::Tell(events_, writer, "run_deleted", "run", run.id.text(), by);
  });
}

void Runs::Restore(const RunId& id, const Actor& by) {
  database_.Write([&](sql::Writer& writer) {
    const RunRow row = internal::RequireRun(writer, id);
    internal::RequireActiveExperiment(writer, row.experiment_id);
    if (row.lifecycle_stage == LifecycleStage::kActive) return;
    for (const RunRow& run : internal::TakeFromTrash(writer, row))
      internal::Tell(events_, writer, "run_restored", "run", run.id.text(), by);
  });
}

void Runs::LogBatch(const RunId& id, const Batch& batch) {
  internal::CheckBatch(batch);
  database_.Write([&](sql::Writer& writer) { internal::StoreBatch(writer, id, batch); });
}

void Runs::LogBatch(sql::Writer& writer, const RunId& id, const Batch& batch) {
  internal::CheckBatch(batch);
  internal::StoreBatch(writer, id, batch);
}

void Runs::DeleteTag(const RunId& id, std::string_view key) {
  database_.Write([&](sql::Writer& writer) {
    const auto run = internal::RequireActiveRun(writer, id);
    if (writer.Run("DELETE FROM run_tags WHERE run_seq = ? AND key = ?", run.seq, key) == 0) {
      throw Error(Code::kNotFound, "No tag with name: " + std::string(key) + " in run with id " + id.text(),
                  "key");
    }
  });
}

void Runs::LogInputs(const RunId& id, const std::vector<DatasetInput>& datasets,
                     const std::vector<ModelInput>& models) {
  internal::CheckInputs(datasets);
  database_.Write([&](sql::Writer& writer) {
    const auto run = internal::RequireActiveRun(writer, id);
    internal::StoreInputs(writer, run, datasets, models);
  });
}

void Runs::LogOutputs(const RunId& id, const std::vector<ModelOutput>& models) {
  database_.Write([&](sql::Writer& writer) {
    const auto run = internal::RequireActiveRun(writer, id);
    internal::StoreOutputs(writer, run, models);
  });
}

}  // namespace orrery::tracking
