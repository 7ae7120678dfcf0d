#include "tracking/experiments.h"

#include <charconv>

#include "base/check.h"
#include "tracking/internal/checks.h"
#include "tracking/internal/experiment_rows.h"
#include "tracking/internal/tell.h"
#include "tracking/limits.h"

namespace orrery::tracking {
namespace {

using internal::ExperimentRow;

void CheckTag(const Tag& tag) {
  internal::CheckKey("tags.key", tag.key);
  internal::CheckLength("tags.value", tag.value, kMaxTagValueBytes);
}

void PutTag(sql::Writer& writer, int64_t id, const Tag& tag) {
  writer.Run(
      "INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, ?) "
      "ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value",
      id, tag.key, tag.value);
}

void SetStage(sql::Writer& writer, int64_t id, LifecycleStage stage, int64_t now) {
  writer.Run("UPDATE experiments SET lifecycle_stage = ?, updated_ms = ? WHERE id = ?", stage, now, id);
}

}  // namespace

Experiments::Experiments(sql::Database& database, events::EventLog& events, Clock& clock, Options options)
    : database_(database), events_(events), clock_(clock), options_(std::move(options)) {
  const auto found = database_.Read([](sql::Reader& reader) { return internal::FindExperiment(reader, 0); });
  if (!found) database_.Write([&](sql::Writer& writer) { CreateDefault(writer); });
}

void Experiments::CreateDefault(sql::Writer& writer) {
  const int64_t now = ToMillis(clock_.Now());
  writer.Insert("experiments", ExperimentRow{.id = 0,
                                             .name = "Default",
                                             .artifact_location = options_.artifact_root + "/0",
                                             .created_ms = now,
                                             .updated_ms = now});
}

Experiment Experiments::Create(const NewExperiment& experiment, const Actor& by) {
  return database_.Write([&](sql::Writer& writer) { return Create(writer, experiment, by); });
}

Experiment Experiments::Create(sql::Writer& writer, const NewExperiment& experiment, const Actor& by) {
  internal::CheckName("name", experiment.name, kMaxNameBytes);
  if (!experiment.artifact_location.empty()) internal::CheckArtifactLocation(experiment.artifact_location);
  for (const Tag& tag : experiment.tags) CheckTag(tag);
  const int64_t now = ToMillis(clock_.Now());
  CheckFree(writer, experiment.name);
  writer.Run(
      "INSERT INTO experiments (id, name, artifact_location, lifecycle_stage, created_ms, updated_ms) "
      "SELECT 1 + max(known.id), ?, ?, ?, ?, ? FROM (SELECT max(id) AS id FROM experiments "
      "UNION ALL SELECT id FROM purged_experiments) AS known",
      experiment.name, experiment.artifact_location, LifecycleStage::kActive, now, now);
  const int64_t id = writer.LastInsertId();
  if (experiment.artifact_location.empty()) {
    writer.Run("UPDATE experiments SET artifact_location = ? WHERE id = ?",
               options_.artifact_root + "/" + std::to_string(id), id);
  }
  for (const Tag& tag : experiment.tags) PutTag(writer, id, tag);
  internal::Tell(events_, writer, "experiment_created", "experiment", std::to_string(id), by,
                 {{"name", experiment.name}});
  return internal::LoadExperiments(writer, {internal::RequireExperiment(writer, id)}).front();
}

void Experiments::CheckFree(sql::Reader& reader, const std::string& name) {
  const auto taken = reader.First<int64_t>("SELECT id FROM experiments WHERE name = ?", name);
  if (taken) {
    throw Error(Code::kAlreadyExists,
                "Experiment(name=" + name +
                    ") already exists, maybe among the deleted: choose another name or restore id " +
                    std::to_string(*taken),
                "name");
  }
}

Experiment Experiments::Get(int64_t id) {
  return database_.Read([&](sql::Reader& reader) {
    return internal::LoadExperiments(reader, {internal::RequireExperiment(reader, id)}).front();
  });
}

std::optional<Experiment> Experiments::FindByName(std::string_view name) {
  return database_.Read([&](sql::Reader& reader) { return FindByName(reader, name); });
}

std::optional<Experiment> Experiments::FindByName(sql::Reader& reader, std::string_view name) {
  const auto row = reader.First<ExperimentRow>(
      "SELECT " + sql::Columns<ExperimentRow>() + " FROM experiments WHERE name = ?", name);
  if (!row) return std::nullopt;
  return internal::LoadExperiments(reader, {*row}).front();
}

ExperimentPage Experiments::Search(const ExperimentQuery& query) {
  return database_.Read([&](sql::Reader& reader) { return internal::SearchExperiments(reader, query); });
}

std::map<int64_t, int64_t> Experiments::CountRuns() {
  return database_.Read([](sql::Reader& reader) {
    std::map<int64_t, int64_t> counts;
    reader.Visit(
        "SELECT experiment_id, count(*) FROM runs WHERE lifecycle_stage = ? GROUP BY experiment_id",
        [&](const sql::Row& row) { counts[row.Int(0)] = row.Int(1); }, LifecycleStage::kActive);
    return counts;
  });
}

void Experiments::Rename(int64_t id, const std::string& new_name, const Actor& by) {
  internal::CheckName("new_name", new_name, kMaxNameBytes);
  database_.Write([&](sql::Writer& writer) {
    const ExperimentRow row = internal::RequireActiveExperiment(writer, id);
    if (row.name == new_name) return;
    CheckFree(writer, new_name);
    writer.Run("UPDATE experiments SET name = ?, updated_ms = ? WHERE id = ?", new_name,
               ToMillis(clock_.Now()), id);
    internal::Tell(events_, writer, "experiment_renamed", "experiment", std::to_string(id), by,
                   {{"name", new_name}});
  });
}

void Experiments::Delete(int64_t id, const Actor& by) {
  database_.Write([&](sql::Writer& writer) {
    const ExperimentRow row = internal::RequireActiveExperiment(writer, id);
    const int64_t now = ToMillis(clock_.Now());
    SetStage(writer, id, LifecycleStage::kDeleted, now);
    writer.Run("UPDATE experiments SET deleted_ms = ? WHERE id = ?", now, id);
    writer.Run(
        "UPDATE runs SET lifecycle_stage = ?, deleted_with_experiment = 1, deleted_ms = ? "
        "WHERE experiment_id = ? AND lifecycle_stage = ?",
        LifecycleStage::kDeleted, now, id, LifecycleStage::kActive);
    internal::Tell(events_, writer, "experiment_deleted", "experiment", std::to_string(id), by,
                   {{"name", row.name}});
  });
}

void Experiments::Restore(int64_t id, const Actor& by) {
  database_.Write([&](sql::Writer& writer) {
    const ExperimentRow row = internal::RequireExperiment(writer, id);
    if (row.lifecycle_stage == LifecycleStage::kActive) {
      throw Error(Code::kFailedPrecondition, "the experiment is not deleted: " + std::to_string(id),
                  "experiment_id");
    }
    SetStage(writer, id, LifecycleStage::kActive, ToMillis(clock_.Now()));
    writer.Run("UPDATE experiments SET deleted_ms = NULL WHERE id = ?", id);
    writer.Run(
        "UPDATE runs SET lifecycle_stage = ?, deleted_with_experiment = 0, deleted_ms = NULL "
        "WHERE experiment_id = ? AND lifecycle_stage = ? AND deleted_with_experiment = 1",
        LifecycleStage::kActive, id, LifecycleStage::kDeleted);
    internal::Tell(events_, writer, "experiment_restored", "experiment", std::to_string(id), by,
                   {{"name", row.name}});
  });
}

void Experiments::SetTag(int64_t id, const Tag& tag) {
  CheckTag(tag);
  database_.Write([&](sql::Writer& writer) {
    internal::RequireActiveExperiment(writer, id);
    PutTag(writer, id, tag);
    writer.Run("UPDATE experiments SET updated_ms = ? WHERE id = ?", ToMillis(clock_.Now()), id);
  });
}

void Experiments::DeleteTag(int64_t id, std::string_view key) {
  database_.Write([&](sql::Writer& writer) {
    internal::RequireActiveExperiment(writer, id);
    if (writer.Run("DELETE FROM experiment_tags WHERE experiment_id = ? AND key = ?", id, key) == 0) {
      throw Error(Code::kNotFound, "no such tag of experiment " + std::to_string(id) + ": " + Quoted(key),
                  "key");
    }
    writer.Run("UPDATE experiments SET updated_ms = ? WHERE id = ?", ToMillis(clock_.Now()), id);
  });
}

std::vector<DatasetSummary> Experiments::SearchDatasets(const std::vector<int64_t>& ids) {
  return database_.Read([&](sql::Reader& reader) {
    std::vector<DatasetSummary> out;
    for (const int64_t id : ids) {
      const auto rows = reader.All<DatasetSummary>(
          "SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value FROM datasets d "
          "JOIN run_datasets i ON i.dataset_id = d.id JOIN runs r ON r.seq = i.run_seq "
          "LEFT JOIN run_dataset_tags t ON t.run_seq = i.run_seq AND t.dataset_id = i.dataset_id "
          "AND t.key = 'mlflow.data.context' "
          "WHERE d.experiment_id = ? AND r.lifecycle_stage = 'ACTIVE' ORDER BY d.name, d.digest, t.value",
          id);
      out.insert(out.end(), rows.begin(), rows.end());
    }
    return out;
  });
}

int64_t ParseExperimentId(std::string_view text) {
  constexpr size_t kMaxShown = 100;
  int64_t id = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc() && end == text.data() + text.size() && id >= 0) return id;
  throw Error(Code::kInvalidArgument,
              "Invalid experiment ID '" + std::string(text.substr(0, kMaxShown)) +
                  "'. Experiment ID must be a valid integer.",
              "experiment_id");
}

}  // namespace orrery::tracking
