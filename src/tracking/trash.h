#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/actor.h"
#include "base/clock.h"
#include "base/described.h"
#include "events/event_log.h"
#include "sql/database.h"
#include "tracking/artifacts.h"
#include "tracking/referrer.h"

namespace orrery::tracking {

/// What lies in the trash.
struct TrashSummary {
  int64_t retention_days = 0;
  int64_t runs = 0;
  int64_t experiments = 0;
  std::optional<Instant> oldest_deleted_at;

  static constexpr FieldDoc kDocs[] = {
      {"retention_days", "Deleted for longer, they go by themselves."},
      {"runs", "Deleted runs, those of deleted experiments too."},
      {"experiments", "Deleted experiments."},
      {"oldest_deleted_at", "When the run that is deleted for the longest time was; none: there is none."},
  };
};
BOOST_DESCRIBE_STRUCT(TrashSummary, (), (retention_days, runs, experiments, oldest_deleted_at))

/// What to empty the trash of.
struct EmptyTrash {
  std::optional<int64_t> older_than_days;
  bool dry_run = false;

  static constexpr FieldDoc kDocs[] = {
      {"older_than_days", "Only what is deleted for so long, 0 or more; by default the retention."},
      {"dry_run", "Tell what would go, and change nothing."},
  };
};
BOOST_DESCRIBE_STRUCT(EmptyTrash, (), (older_than_days, dry_run))

/// A run that stays in the trash, and why.
struct KeptRun {
  std::string run_id;
  std::string name;
  std::string kept_by;

  static constexpr FieldDoc kDocs[] = {
      {"run_id", "The run."},
      {"name", "Its name."},
      {"kept_by", "What refers to it, or to a logged model of it: \"version 3 of the model flights\"."},
  };
};
BOOST_DESCRIBE_STRUCT(KeptRun, (), (run_id, name, kept_by))

/// What went for good.
struct Emptied {
  int64_t runs = 0;
  int64_t experiments = 0;
  int64_t logged_models = 0;
  uint64_t bytes = 0;
  int64_t runs_kept = 0;
  std::vector<KeptRun> kept;
  bool more = false;

  static constexpr FieldDoc kDocs[] = {
      {"runs", "Runs that went, with their params, tags, points and artifacts."},
      {"experiments", "Experiments that went: those without any run left."},
      {"logged_models", "Logged models that went: of these runs, and deleted ones."},
      {"bytes",
       "Bytes of artifacts that nothing refers to any more; their files go with the next collection."},
      {"runs_kept", "Runs that are due and stay, because a registered model or a job refers to them."},
      {"kept", "At most 100 of those."},
      {"more", "There is more that is due: ask again."},
  };
};
BOOST_DESCRIBE_STRUCT(Emptied, (), (runs, experiments, logged_models, bytes, runs_kept, kept, more))

/// What was deleted and can still be restored, and its end.
///
///   deleted run ---- retention ---> gone: rows, points, artifacts, its logged models
///                        '--------> stays, while a registered version or a job refers to it or to a model of it
///   deleted experiment -----------> gone, once its last run is; "Default" never goes
///
/// Each run goes in one transaction, so that it is there whole or not at all; its points may follow in further ones, so that
/// no transaction is long. A crash leaves only what the next call takes away. Safe to call from any thread.
class Trash {
 public:
  /// All must outlive this object.
  Trash(sql::Database& database, events::EventLog& events, Artifacts& artifacts, Clock& clock,
        std::vector<const Referrer*> referrers, int64_t retention_days)
      : database_(database),
        events_(events),
        artifacts_(artifacts),
        clock_(clock),
        referrers_(std::move(referrers)),
        retention_days_(retention_days) {}

  TrashSummary Look();

  /// Takes away for good what is due, at most `most_runs` runs in one call.
  /// Errors: invalid_argument (older_than_days below 0 or beyond 100 years).
  Emptied Empty(const EmptyTrash& what, const Actor& by, int64_t most_runs = 1'000);

 private:
  sql::Database& database_;
  events::EventLog& events_;
  Artifacts& artifacts_;
  Clock& clock_;
  const std::vector<const Referrer*> referrers_;
  const int64_t retention_days_;
};

}  // namespace orrery::tracking
