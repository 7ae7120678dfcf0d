#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "content/content.h"
#include "jobs/executor.h"
#include "jobs/internal/board.h"
#include "jobs/internal/environment_recorder.h"
#include "jobs/internal/job_store.h"
#include "jobs/internal/launch.h"
#include "jobs/internal/launcher.h"
#include "jobs/internal/mailbox.h"
#include "jobs/internal/usage_recorder.h"
#include "jobs/scheduler.h"
#include "sql/database.h"

namespace orrery::jobs::internal {

/// Moves every live job along: sees what the executor reports and what was asked for, decides who starts, and
/// starts it. One thread, which sleeps while nothing changes and no retry is due.
///
///   a turn:  mail, observations -> events;  events + free resources -> placements
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
  SchedulerLoop(Collaborators collaborators, ScriptSettings settings);
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
  /// A job that has not ended, as this loop last stored it.
  struct Tracked {
    std::string name;
    int64_t seq = 0;
    int priority = 0;
    int nodes = 1;
    Resources need;
    std::string queue;
    std::string gpu_type;       ///< asked for
    std::string held_gpu_type;  ///< of the GPUs that it was placed on
    std::optional<int64_t> timeout_us;
    std::chrono::seconds grace{0};
    bool has_environment = false;
    RetryPolicy retry;
    Standing standing;
    /// When a job that is QUEUED for a retry may be placed. Measured from when this loop learned of it: a wall
    /// clock that jumps neither loses nor hurries it.
    std::optional<Clock::Monotonics> due;
    bool launching = false;   ///< with the launcher: the executor does not know it yet
    bool cancelling = false;  ///< the executor was told
  };
  struct Todo {
    JobId id;
    JobEvent event;
  };

  void Track(const LiveJob& job);
  /// Notes how the job stands now, and from when on it may be placed.
  void Note(Tracked& job, const Standing& standing);
  /// How long until a retry is due, or a decision may change by itself; none: nothing will without an event.
  std::optional<std::chrono::milliseconds> UntilNextChange();
  void Refresh(const std::set<JobId>& ids);
  std::vector<Todo> Events(const std::vector<Launched>& launched);
  void AddObservation(const AttemptObservation& seen, const Tracked& tracked, std::vector<Todo>& todo);
  void AddEnvironment(const AttemptId& id, const Tracked& tracked, std::vector<Todo>& todo);
  static WaitingJob WaitingOf(const JobId& id, const Tracked& job);
  static RunningJob RunningOf(const JobId& id, const Tracked& job, int64_t now_us);
  std::shared_ptr<const Picture> DecideAfter(const std::vector<Todo>& todo, std::vector<Todo>& decided);
  void TakeDecisions(Picture& picture, std::vector<Todo>& decided);
  void Carry(const std::vector<Todo>& todo);
  void TellCancelled();
  void Run();

  Collaborators with_;
  ScriptSettings settings_;
  EnvironmentRecorder environments_;
  std::map<JobId, Tracked> tracked_;
  Mail pending_;                                 ///< taken, not yet stored
  std::optional<std::string> promised_;          ///< the job that the latest decision kept resources for
  std::vector<std::string> heirs_;               ///< for whom it asked others to end
  Clock::Monotonics decided_at_{0};              ///< when it was last decided who starts
  std::optional<Clock::Monotonics> revisit_at_;  ///< when that may change by itself
  std::unique_ptr<Launcher> launcher_;
  std::unique_ptr<Subscription> watch_;
  std::thread thread_;
};

}  // namespace orrery::jobs::internal
