#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/actor.h"
#include "events/event_log.h"
#include "jobs/internal/mailbox.h"
#include "jobs/machine.h"
#include "jobs/query.h"
#include "jobs/run_keeper.h"
#include "jobs/types.h"
#include "sql/database.h"

namespace orrery::jobs::internal {

/// What the scheduler's loop has to know of a job.
struct LiveJob {
  JobId id;
  int64_t seq = 0;
  JobSpec spec;
  std::string run_id;
  std::string experiment_id;
  std::string submitted_by;
  Instant submitted_at;
  Standing standing;
  int64_t token = 0;    ///< of the current attempt; 0: none yet
  Microseconds ran{0};  ///< all that its ended attempts ran
  std::optional<int64_t> array_index;
};

/// Keeps jobs in the database. Every change of a job goes through Insert and Apply: a transition is one row
/// and one event ("job_running", subject "job:ID") in the caller's transaction, and the job's run moves with
/// it; so do, when it has ended, the jobs that run after it. Safe to call from any thread.
class JobStore {
 public:
  /// All must outlive the store. Jobs that move because another one ended are put into `mailbox`.
  JobStore(events::EventLog& events, RunKeeper& runs, Mailbox& mailbox)
      : events_(events), runs_(runs), mailbox_(mailbox) {}

  /// Adds a job in state PENDING.
  void Insert(sql::Writer& writer, const Job& job);
  /// Moves a job that was just inserted as far as it goes by itself: QUEUED, PENDING while it runs after
  /// others, or CANCELLED when one of them has ended the wrong way. Returns it as it stands then.
  /// Errors: invalid_argument, naming after[i].job (there is no such job).
  Job Settle(sql::Writer& writer, Job job);

  /// Applies `event` to the job as it stands in this transaction, so that nobody's view is ever stale.
  /// Errors: not_found.
  Step Apply(sql::Writer& writer, const JobId& id, const JobEvent& event, Instant now, const Actor& by);

  std::optional<Job> Find(sql::Reader& reader, const JobId& id);
  std::optional<JobStatus> FindStatus(sql::Reader& reader, const JobId& id);
  /// Errors: invalid_argument (limit, page_token).
  JobPage List(sql::Reader& reader, const JobQuery& query);

  /// Jobs that have not ended, oldest first.
  std::vector<LiveJob> Live(sql::Reader& reader);
  /// One job, ended or not.
  std::optional<LiveJob> FindLive(sql::Reader& reader, const JobId& id);
  /// The jobs of a group that have not ended, newest first. Errors: not_found (no job is in this group).
  std::vector<JobId> LiveInGroup(sql::Reader& reader, const std::string& group);

 private:
  Step ApplyAlone(sql::Writer& writer, const JobId& id, const JobEvent& event, Instant now, const Actor& by);
  void MovePending(sql::Writer& writer, const JobId& ended, Instant now);
  void FollowWithRun(sql::Writer& writer, const std::string& run_id, const Standing& before,
                     const Standing& next, const Transition& transition);
  void Record(sql::Writer& writer, const JobId& id, const Transition& transition, const std::string& name,
              const Actor& by);

  events::EventLog& events_;
  RunKeeper& runs_;
  Mailbox& mailbox_;
};

}  // namespace orrery::jobs::internal
