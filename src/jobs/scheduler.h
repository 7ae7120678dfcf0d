#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobs/cluster_state.h"

/// Decides who runs where, as a pure function of what there is, what runs, who waits, and the time.
///
/// Order: by priority, then fair share between queues, then the queue's policy, then age.
///   - Fair share: a job within its queue's guarantee goes before one that is not; then the queue with the
///     least dominant share for its weight (DRF: Ghodsi 2011).
///   - All or nothing: a job gets all of its machines at once or none, with GPUs of one type.
///   - The first job in order that does not fit now is promised the earliest time at which it fits by the
///     estimates; jobs behind it start at once where that does not delay it (EASY: Lifka 1995). A promise keeps its
///     place before later jobs of its priority. A job that no machines could ever hold blocks nobody.
///   - Preemption: a job that does not fit asks running jobs of lower priority to end, or, while its queue stays
///     within its guarantee, jobs of queues beyond theirs; only when that makes it fit, never part of a gang, of
///     the lowest priority first and then of those that lose least work. What is already ending counts as coming
///     free, and is kept for the job that asked.
///   - No queue ever holds more than its limit.
///
/// The owner's turn, whenever something changed:
///
///   state.Put / Remove           what arrived, started, ended, since the last turn
///   decisions = Decide(state, now)
///   for placements:  start it;            state.Start(placement, now)
///   for preemptions: ask it to end;       state.Preempt(id, now + grace);  later, when it has ended, Put it as a
///                                         waiting job again, with its old sequence
///   state.Promise(reservation's job or nothing, decisions.awaiting)
///   sleep until something changes, or until decisions.revisit_us
namespace orrery::jobs {

/// The first job that does not fit, when the estimates say that it will, and where.
struct Reservation {
  std::string job_id;
  int64_t at_us = 0;
  std::vector<std::string> nodes;
};

struct Decisions {
  std::vector<Placement> placements;     ///< in the order in which they were decided
  std::vector<std::string> preemptions;  ///< running jobs that are to be asked to end
  std::optional<Reservation> reservation;
  std::vector<std::string> awaiting;  ///< waiting jobs for which preempted jobs are ending
  /// When the decision may change though nothing else does (a running job used up its quantum).
  std::optional<int64_t> revisit_us;
};

Decisions Decide(const ClusterState& state, int64_t now_us);

/// The ids of the waiting jobs, the next one first, each queue being charged for what stands before.
std::vector<std::string> WaitingOrder(const ClusterState& state, int64_t now_us);

/// Why the waiting job `id` waits, in words; `position` counts from 1 in WaitingOrder; `state` is the one that was
/// decided on, with its decisions applied. "needs 4 GPUs of type H100; 2 are free, 2 held by job 17ab23cd (train)
/// until about 14:05; position 3". Times are UTC.
std::string WhyWaiting(const ClusterState& state, const Decisions& decisions, const std::string& id,
                       size_t position, int64_t now_us);

}  // namespace orrery::jobs
