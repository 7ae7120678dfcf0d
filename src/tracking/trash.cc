#include "tracking/trash.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "tracking/internal/purge.h"
#include "tracking/internal/run_rows.h"
#include "tracking/internal/tell.h"
#include "tracking/traces.h"

namespace orrery::tracking {
namespace {

using internal::RunRow;

constexpr int64_t kMostDays = 36'500;
constexpr int64_t kMillisOfDay = 86'400'000;
// Runs of one transaction, others' writes between two of them.
constexpr int64_t kRunsAtOnce = 20;
constexpr size_t kKeptShown = 100;

/// A run that has been deleted for long enough.
struct Due {
  RunRow run;
  int64_t deleted_ms = 0;
};

struct ModelKey {
  int64_t seq = 0;
  LoggedModelId id;
};
BOOST_DESCRIBE_STRUCT(ModelKey, (), (seq, id))

struct TraceKey {
  int64_t seq = 0;
  TraceId id;
};
BOOST_DESCRIBE_STRUCT(TraceKey, (), (seq, id))

std::vector<ModelKey> ModelsOf(sql::Reader& reader, const RunId& run) {
  return reader.All<ModelKey>(
      "SELECT seq, id FROM logged_models WHERE source_run_id = ? AND source_run_id <> ''", run);
}

/// One emptying.
class Emptying {
 public:
  struct With {
    sql::Database& database;
    events::EventLog& events;
    Artifacts& artifacts;
    const std::vector<const Referrer*>& referrers;
  };
  Emptying(With with, int64_t before_ms, bool dry_run, Actor by)
      : with_(with), before_ms_(before_ms), dry_run_(dry_run), by_(std::move(by)) {}

  Emptied Run(int64_t most_runs) {
    if (!dry_run_) TakePoints();
    TakeRuns(most_runs);
    if (!total_.more) {
      TakeModels();
      TakeExperiments();
    }
    return std::move(total_);
  }

 private:
  std::optional<std::string> KeptBy(sql::Reader& reader, const LoggedModelId& model) const {
    for (const Referrer* referrer : with_.referrers) {
      if (auto by = referrer->OfLoggedModel(reader, model)) return by;
    }
    return std::nullopt;
  }

  std::optional<std::string> KeptBy(sql::Reader& reader, const RunId& run) const {
    for (const Referrer* referrer : with_.referrers) {
      if (auto by = referrer->OfRun(reader, run)) return by;
    }
    for (const ModelKey& model : ModelsOf(reader, run)) {
      if (auto by = KeptBy(reader, model.id)) return by;
    }
    return std::nullopt;
  }

  void TakeRuns(int64_t most_runs) {
    std::vector<Due> due = NextDue({});
    while (!due.empty()) {
      const Emptied part = dry_run_
                               ? with_.database.Read([&](sql::Reader& reader) { return Count(reader, due); })
                               : with_.database.Write([&](sql::Writer& writer) { return Take(writer, due); });
      Add(part);
      if (!dry_run_) TakePoints();
      due = NextDue(due.back());
      total_.more = !dry_run_ && total_.runs >= most_runs && !due.empty();
      if (total_.more) return;
    }
  }

  std::vector<Due> NextDue(const Due& after) {
    return with_.database.Read([&](sql::Reader& reader) {
      std::vector<Due> due;
      reader.Visit(
          "SELECT " + sql::Columns<RunRow>() +
              ", deleted_ms FROM runs WHERE lifecycle_stage = 'DELETED' AND deleted_ms <= ? AND "
              "(deleted_ms, seq) > (?, ?) ORDER BY deleted_ms, seq LIMIT ?",
          [&](const sql::Row& row) {
            due.push_back({sql::Read<RunRow>(row), row.Int(row.size() - 1)});
          },
          before_ms_, after.deleted_ms, after.run.seq, kRunsAtOnce);
      return due;
    });
  }

  void Keep(const RunRow& run, std::string by, Emptied& part) const {
    ++part.runs_kept;
    part.kept.push_back({run.id.text(), run.name, std::move(by)});
  }

  Emptied Count(sql::Reader& reader, const std::vector<Due>& due) {
    Emptied part;
    for (const Due& one : due) {
      if (auto by = KeptBy(reader, one.run.id)) {
        Keep(one.run, *std::move(by), part);
        continue;
      }
      ++part.runs;
      ++leaving_[one.run.experiment_id];
      part.bytes += with_.artifacts.BytesOf(reader, {ArtifactRoot::kRun, one.run.id.text()});
      for (const ModelKey& model : ModelsOf(reader, one.run.id)) {
        ++part.logged_models;
        part.bytes += with_.artifacts.BytesOf(reader, {ArtifactRoot::kModel, model.id.text()});
      }
    }
    return part;
  }

  // Asked again in the transaction that takes them: one may have been restored or registered since.
  Emptied Take(sql::Writer& writer, const std::vector<Due>& due) const {
    Emptied part;
    for (const Due& one : due) {
      const auto run = internal::FindRun(writer, one.run.id);
      if (!run || run->lifecycle_stage != LifecycleStage::kDeleted) continue;
      if (auto by = KeptBy(writer, run->id)) {
        Keep(*run, *std::move(by), part);
        continue;
      }
      for (const ModelKey& model : ModelsOf(writer, run->id)) TakeModel(writer, model, part);
      part.bytes += with_.artifacts.DeleteAll(writer, {ArtifactRoot::kRun, run->id.text()});
      internal::PurgeRun(writer, *run);
      internal::Tell(with_.events, writer, "run_purged", "run", run->id.text(), by_, {{"name", run->name}});
      ++part.runs;
    }
    return part;
  }

  void TakeModel(sql::Writer& writer, const ModelKey& model, Emptied& part) const {
    part.bytes += with_.artifacts.DeleteAll(writer, {ArtifactRoot::kModel, model.id.text()});
    internal::PurgeModel(writer, model.seq);
    internal::Tell(with_.events, writer, "logged_model_purged", "logged_model", model.id.text(), by_);
    ++part.logged_models;
  }

  // Those that were deleted by themselves.
  void TakeModels() {
    const auto due = with_.database.Read([&](sql::Reader& reader) {
      return reader.All<ModelKey>(
          "SELECT seq, id FROM logged_models WHERE lifecycle_stage = 'DELETED' AND updated_ms <= ?",
          before_ms_);
    });
    for (const ModelKey& model : due) {
      if (dry_run_) {
        Add(with_.database.Read([&](sql::Reader& reader) {
          Emptied part;
          if (KeptBy(reader, model.id)) return part;
          part.logged_models = 1;
          part.bytes = with_.artifacts.BytesOf(reader, {ArtifactRoot::kModel, model.id.text()});
          return part;
        }));
      } else {
        Add(with_.database.Write([&](sql::Writer& writer) {
          Emptied part;
          if (!KeptBy(writer, model.id)) TakeModel(writer, model, part);
          return part;
        }));
      }
    }
  }

  void TakeExperiments() {
    const auto due = with_.database.Read([&](sql::Reader& reader) {
      return reader.All<int64_t>(
          "SELECT id FROM experiments WHERE lifecycle_stage = 'DELETED' AND deleted_ms <= ? AND id <> 0",
          before_ms_);
    });
    for (const int64_t id : due) {
      if (dry_run_) {
        total_.experiments += with_.database.Read([&](sql::Reader& reader) {
          return RunsOf(reader, id) == leaving_[id] && !AnyModelKept(reader, id) ? 1 : 0;
        });
      } else {
        Add(with_.database.Write([&](sql::Writer& writer) { return TakeExperiment(writer, id); }));
      }
    }
  }

  Emptied TakeExperiment(sql::Writer& writer, int64_t id) const {
    Emptied part;
    const auto name = writer.First<std::string>(
        "SELECT name FROM experiments WHERE id = ? AND lifecycle_stage = 'DELETED'", id);
    if (!name || RunsOf(writer, id) > 0 || AnyModelKept(writer, id)) return part;
    for (const ModelKey& model : ModelsIn(writer, id)) TakeModel(writer, model, part);
    for (const TraceKey& trace : TracesIn(writer, id)) {
      part.bytes += with_.artifacts.DeleteAll(writer, {ArtifactRoot::kTrace, trace.id.text()});
      internal::PurgeTrace(writer, trace.seq);
    }
    internal::PurgeExperiment(writer, id);
    internal::Tell(with_.events, writer, "experiment_purged", "experiment", std::to_string(id), by_,
                   {{"name", *name}});
    part.experiments = 1;
    return part;
  }

  static int64_t RunsOf(sql::Reader& reader, int64_t experiment) {
    return reader.First<int64_t>("SELECT count(*) FROM runs WHERE experiment_id = ?", experiment).value_or(0);
  }
  static std::vector<ModelKey> ModelsIn(sql::Reader& reader, int64_t experiment) {
    return reader.All<ModelKey>("SELECT seq, id FROM logged_models WHERE experiment_id = ?", experiment);
  }
  static std::vector<TraceKey> TracesIn(sql::Reader& reader, int64_t experiment) {
    return reader.All<TraceKey>("SELECT seq, id FROM traces WHERE experiment_id = ?", experiment);
  }
  bool AnyModelKept(sql::Reader& reader, int64_t experiment) const {
    const auto models = ModelsIn(reader, experiment);
    return std::any_of(models.begin(), models.end(),
                       [&](const ModelKey& model) { return KeptBy(reader, model.id).has_value(); });
  }

  void TakePoints() {
    while (with_.database.Write([](sql::Writer& writer) { return internal::PurgePoints(writer); })) {
    }
  }

  void Add(const Emptied& part) {
    total_.runs += part.runs;
    total_.experiments += part.experiments;
    total_.logged_models += part.logged_models;
    total_.bytes += part.bytes;
    total_.runs_kept += part.runs_kept;
    for (const KeptRun& kept : part.kept) {
      if (total_.kept.size() < kKeptShown) total_.kept.push_back(kept);
    }
  }

  const With with_;
  const int64_t before_ms_;
  const bool dry_run_;
  const Actor by_;
  Emptied total_;
  std::map<int64_t, int64_t> leaving_;  // of a dry run: runs that would go, by experiment
};

// What was deleted before times were kept: its retention begins now.
void DateUndated(sql::Database& database, int64_t now_ms) {
  const bool any = database.Read([](sql::Reader& reader) {
    return reader
        .First<int64_t>(
            "SELECT 1 FROM runs WHERE lifecycle_stage = 'DELETED' AND deleted_ms IS NULL UNION ALL "
            "SELECT 1 FROM experiments WHERE lifecycle_stage = 'DELETED' AND deleted_ms IS NULL LIMIT 1")
        .has_value();
  });
  if (!any) return;
  database.Write([&](sql::Writer& writer) {
    writer.Run("UPDATE runs SET deleted_ms = ? WHERE lifecycle_stage = 'DELETED' AND deleted_ms IS NULL",
               now_ms);
    writer.Run(
        "UPDATE experiments SET deleted_ms = ? WHERE lifecycle_stage = 'DELETED' AND deleted_ms IS NULL",
        now_ms);
  });
}

}  // namespace

TrashSummary Trash::Look() {
  return database_.Read([&](sql::Reader& reader) {
    TrashSummary out{.retention_days = retention_days_};
    out.runs =
        reader.First<int64_t>("SELECT count(*) FROM runs WHERE lifecycle_stage = 'DELETED'").value_or(0);
    out.experiments =
        reader.First<int64_t>("SELECT count(*) FROM experiments WHERE lifecycle_stage = 'DELETED'")
            .value_or(0);
    const auto oldest = reader.First<int64_t>(
        "SELECT deleted_ms FROM runs WHERE lifecycle_stage = 'DELETED' AND deleted_ms IS NOT NULL "
        "ORDER BY deleted_ms LIMIT 1");
    if (oldest) out.oldest_deleted_at = FromMillis(*oldest);
    return out;
  });
}

Emptied Trash::Empty(const EmptyTrash& what, const Actor& by, int64_t most_runs) {
  const int64_t days = what.older_than_days.value_or(retention_days_);
  if (days < 0 || days > kMostDays)
    throw InvalidField("older_than_days", "expected 0 to 36500, got " + std::to_string(days));
  const int64_t now_ms = ToMillis(clock_.Now());
  DateUndated(database_, now_ms);
  Emptying emptying({database_, events_, artifacts_, referrers_}, now_ms - days * kMillisOfDay, what.dry_run,
                    by);
  return emptying.Run(most_runs);
}

}  // namespace orrery::tracking
