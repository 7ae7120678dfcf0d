#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/random.h"
#include "content/content.h"
#include "events/event_log.h"
#include "jobs/cluster.h"
#include "jobs/executor.h"
#include "jobs/query.h"
#include "jobs/queues.h"
#include "jobs/run_keeper.h"
#include "jobs/script_settings.h"
#include "jobs/types.h"
#include "sql/database.h"
#include "sql/idempotency.h"

namespace orrery::jobs {

/// A log as it stands.
struct JobLog {
  AttemptId attempt;
  bool begun = false;  ///< whether there is such an attempt yet
  /// Whether nothing will be added any more. Ask before reading: what is read afterwards is complete.
  bool ended = false;
  std::unique_ptr<AttemptLog> log;  ///< none while nothing was written
};

/// Takes jobs in, answers about them, and moves them along. jobs/machine.h draws a job's states.
///
///   construct -> Start() -> ... -> Stop()      jobs can be submitted before Start and wait for it
///
/// Safe to call from any thread, Start and Stop excepted.
class Jobs {
 public:
  struct Collaborators {
    sql::Database& database;
    events::EventLog& events;
    content::Store& content;
    RunKeeper& runs;
    Executor& executor;
    FileSystem& files;
    Clock& clock;
    Random& random;
  };

  /// All must outlive this object. With `queues`, jobs are taken into these only; without, into any, which then have
  /// the defaults.
  explicit Jobs(Collaborators collaborators, Queues queues = {});
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  /// Adopts what still runs and begins to place jobs, in a thread of its own. Commands are told `settings`.
  void Start(ScriptSettings settings);
  /// Instead of Start: adopts now, and moves jobs on only in Turn(), in the caller's thread; for simulations.
  void Prepare(ScriptSettings settings);
  /// Does all there is to do now.
  void Turn();
  /// Ends the thread. What runs goes on and is adopted by the next Start of another server.
  void Stop();

  /// Takes a job in, with its run, in one transaction. `idempotency_key` empty: none; the same key and spec give
  /// the same job again.
  /// Errors: invalid_argument (the field at fault), failed_precondition (it could never run here: says why; or
  /// its code is not stored), aborted (the key was used for another spec).
  Job Submit(JobSpec spec, const Actor& by, const std::string& idempotency_key = {});

  /// Submits a job once more, exactly (jobs/reproduce.h). Errors: not_found, failed_precondition (it has not ended; an
  /// input is gone or has changed: names each), and those of Submit.
  Job Reproduce(const JobId& id, const Actor& by, const std::string& idempotency_key = {});

  /// Takes in one job for each index, all or none, in one transaction; each finds its index in
  /// ORRERY_ARRAY_INDEX. Errors: as Submit; invalid_argument (array: malformed, or more than 10,000 tasks).
  JobArray SubmitArray(const ArraySpec& array, const Actor& by, const std::string& idempotency_key = {});

  /// Takes in several jobs, all or none, in one transaction; they may run after one another by name. They are
  /// returned as they were given. Errors: as Submit, with the job in the field ("jobs[2].cpus");
  /// invalid_argument (jobs: none, more than 1,000, or a cycle, which is named).
  std::vector<Job> SubmitBatch(const BatchSpec& batch, const Actor& by,
                               const std::string& idempotency_key = {});

  /// Errors: not_found.
  Job Get(const JobId& id);
  /// Where jobs stand, in the order of `ids`. Errors: not_found (names the id), invalid_argument (ids: more than 10,000).
  JobStatuses Statuses(const std::vector<JobId>& ids);
  /// Newest first. Errors: invalid_argument (limit, page_token).
  JobPage List(const JobQuery& query);

  /// Ends a job: at once while it waits, else its command is told to end and the job follows it. Asking again
  /// changes nothing and is never refused. Errors: not_found, failed_precondition (it has ended without being asked to).
  Job Cancel(const JobId& id, const Actor& by);

  /// Ends the jobs of a group that have not ended, in one transaction, and returns them, newest first; none:
  /// all have. Errors: not_found (no job is in this group).
  std::vector<Job> CancelGroup(const std::string& group, const Actor& by);

  /// The log of attempt `number`, by default the latest. Errors: not_found (no such job or attempt).
  JobLog OpenLog(const JobId& id, std::optional<int> number = std::nullopt);

  /// The machines, what of them is free, the queues and what they hold, how many jobs run and wait, and of both the
  /// first `most`.
  Cluster Capacity(size_t most = 0);

  /// How often it was decided who starts; grows only while something changes.
  int64_t Decisions();

  static std::span<const sql::Migration> Migrations();

 private:
  struct Parts;

  void MakeLoop(ScriptSettings settings);
  Job Take(JobSpec spec, std::optional<int64_t> array_index, const Actor& by,
           const std::string& idempotency_key);
  /// Puts the latest reason why it waits into a Job or JobStatus that does.
  template <typename T>
  std::vector<T> WithReasons(std::vector<T> jobs);

  Collaborators with_;
  const Queues queues_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace orrery::jobs
