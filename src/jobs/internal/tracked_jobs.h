#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "jobs/cluster_state.h"
#include "jobs/estimates.h"
#include "jobs/internal/job_store.h"
#include "jobs/machine.h"

namespace orrery::jobs::internal {

/// Something that happened to a job, to be stored.
struct Todo {
  JobId id;
  JobEvent event;
};

/// A job that has not ended, as the loop last stored it.
struct TrackedJob {
  WaitingJob job;  ///< what it asks for; its estimate and service are not filled in
  JobKind kind;
  std::optional<int64_t> timeout_us;
  std::chrono::seconds grace{0};
  bool has_environment = false;
  RetryPolicy retry;
  Standing standing;
  Microseconds ran{0};  ///< all that its ended attempts ran
  /// When a job that is QUEUED for a retry may be placed. Measured from when this loop learned of it: a wall
  /// clock that jumps neither loses nor hurries it.
  std::optional<Clock::Monotonics> due;
  bool launching = false;  ///< with the launcher: the executor does not know it yet
  bool told = false;       ///< the executor was told to end its attempt

  bool HoldsResources() const {
    return standing.state == JobState::kStarting || standing.state == JobState::kRunning;
  }
  /// Whether it may be placed.
  bool Waits() const { return standing.state == JobState::kQueued && !due; }
};

/// The jobs that have not ended, and which of them moved, are due or are to be told to end: each is found without
/// looking at the others.
class TrackedJobs {
 public:
  /// The clock must outlive this object.
  explicit TrackedJobs(Clock& clock) : clock_(clock) {}

  /// Takes over what is stored of a job; forgets one that has ended.
  void Take(const LiveJob& live);
  /// The job stands so now. Forgets one that has ended; does nothing for one that is not tracked.
  void Note(const JobId& id, const Standing& standing);
  /// Its attempt is with the launcher, or no longer.
  void NoteLaunching(const JobId& id, bool launching);

  /// Null when it is not tracked.
  const TrackedJob* Find(const JobId& id) const;
  const std::map<JobId, TrackedJob>& all() const { return jobs_; }

  /// Lets retries that have become due be placed.
  void LetDue();
  /// When the next retry is due; none: none waits to be.
  std::optional<Clock::Monotonics> NextDue() const;

  /// The jobs that moved or were forgotten since this was last asked.
  std::set<JobId> TakeMoved() { return std::exchange(moved_, {}); }

  /// The attempts that are to be told to end, and were not.
  std::vector<AttemptId> ToEnd() const;
  void NoteTold(const JobId& id);

 private:
  void Place(const JobId& id, TrackedJob& job, const Standing& standing);
  void Forget(const JobId& id);

  Clock& clock_;
  std::map<JobId, TrackedJob> jobs_;
  std::set<JobId> moved_;
  std::set<JobId> asked_;  // to end, while they hold something, and not told yet
  std::set<std::pair<Clock::Monotonics, JobId>> due_;
};

}  // namespace orrery::jobs::internal
