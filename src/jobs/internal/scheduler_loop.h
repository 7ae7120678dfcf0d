#pragma once

#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "content/content.h"
#include "jobs/executor.h"
#include "jobs/internal/board.h"
#include "jobs/internal/cluster_mirror.h"
#include "jobs/internal/job_store.h"
#include "jobs/internal/launch.h"
#include "jobs/internal/launcher.h"
#include "jobs/internal/mailbox.h"
#include "jobs/internal/observations.h"
#include "jobs/internal/tracked_jobs.h"
#include "jobs/internal/usage_recorder.h"
#include "sql/database.h"

namespace orrery::jobs::internal {

/// Moves every live job along: sees what the executor reports and what was asked for, decides who starts, and
/// starts it. One thread, which sleeps while nothing changes and no retry is due.
///
///   a turn:  mail, observations -> events;  events + free resources -> placements, where anything changed
///            all of it in one transaction: rows, events, runs
///            only then the effects: launch, cancel, forget
///
/// So an attempt and its token are durable before anything of it can run, and its end is durable before the
/// executor forgets it. A crash between the two repeats the effect, which is idempotent; the first turn after a
/// restart adopts every attempt that has no end yet, and starts again those that nobody ever claimed.
class SchedulerLoop {
 public:
  struct Collaborators {
    sql::Database& database;
    JobStore& store;
    Executor& executor;
    Mailbox& mailbox;
    Board& board;
    Clock& clock;
    content::Store& content;
    UsageRecorder& usage;
  };

  /// The collaborators must outlive the loop.
  SchedulerLoop(Collaborators collaborators, Queues queues, ScriptSettings settings);
  ~SchedulerLoop();

  /// Loads the live jobs and adopts their attempts. Once, before the first turn.
  void Recover();
  /// Does all there is to do now. Errors: the database's; then nothing was changed and the next turn repeats it.
  void Turn();

  /// Recovers and turns in a thread of its own until Stop().
  void Start();
  /// Attempts go on without us.
  void Stop();

 private:
  /// What became of a turn's events.
  struct Stored {
    std::vector<Step> steps;
    std::vector<LiveJob> launches;
  };

  void TurnOnce();
  void Refresh(const std::set<JobId>& ids);
  Stored Store(const std::vector<Todo>& todo);
  void Carry(const std::vector<Todo>& todo);
  void Note(const Todo& item, const Step& step);
  void TellAsked();
  /// How long until a retry is due, or a decision may change by itself; none: nothing will without an event.
  std::optional<std::chrono::milliseconds> UntilNextChange();
  void Run();

  Collaborators with_;
  ScriptSettings settings_;
  Observations observations_;
  TrackedJobs tracked_;
  ClusterMirror mirror_;
  Mail pending_;  ///< taken, not yet stored
  std::unique_ptr<Launcher> launcher_;
  std::unique_ptr<Subscription> watch_;
  std::thread thread_;
};

}  // namespace orrery::jobs::internal
