#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "jobs/estimates.h"
#include "jobs/executor.h"
#include "jobs/internal/board.h"
#include "jobs/internal/durations.h"
#include "jobs/internal/tracked_jobs.h"
#include "jobs/queues.h"

namespace orrery::jobs::internal {

/// Keeps the scene on the board in step with the tracked jobs, change by change, and decides on it. Costs nothing for
/// jobs that did not move, and decides nothing while nothing changes.
class ClusterMirror {
 public:
  /// All must outlive the mirror.
  ClusterMirror(Board& board, Executor& executor, Clock& clock, Queues queues)
      : board_(board), executor_(executor), clock_(clock), queues_(std::move(queues)) {}

  /// A job of this kind ran for so long.
  void Learn(const EndedAttempt& attempt);

  /// Takes over what moved and, where that changes anything, decides: what follows for the jobs. Jobs in `ending`
  /// hold nothing any more. The decisions stand on the board as if they were stored already.
  std::vector<Todo> Decide(TrackedJobs& jobs, const std::set<JobId>& ending);

  /// When a decision may change by itself.
  std::optional<Clock::Monotonics> revisit_at() const { return revisit_at_; }

  /// What stands on the board may not have come to be: the next Decide takes over everything again.
  void Distrust() { trusted_ = false; }

 private:
  bool TakeOver(Scene& scene, TrackedJobs& jobs, const std::set<JobId>& ending);
  bool TakeNodes(ClusterState& state);
  bool Put(ClusterState& state, const TrackedJob& job);
  bool PutWaiting(ClusterState& state, const TrackedJob& job);
  bool PutRunning(ClusterState& state, const TrackedJob& job);
  int64_t EstimateOf(const TrackedJob& job) const;
  bool EstimateAgain(ClusterState& state, const TrackedJobs& jobs);
  std::vector<Todo> Apply(Scene& scene, const TrackedJobs& jobs);
  void PlanRevisit(const Decisions& decisions);

  Board& board_;
  Executor& executor_;
  Clock& clock_;
  const Queues queues_;
  Estimates estimates_;
  size_t learned_ = 0;  // since the jobs were estimated
  std::vector<SchedulerNode> nodes_;
  int64_t now_us_ = 0;  // of the turn
  bool trusted_ = false;
  std::optional<Clock::Monotonics> revisit_at_;
};

}  // namespace orrery::jobs::internal
