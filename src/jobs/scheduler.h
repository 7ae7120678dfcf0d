#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/resources.h"

/// Decides who runs where, as a pure function of what there is, what runs and who waits.
///
/// Order: by priority, then by age. All or nothing: a job gets all of its machines at once or none. The first
/// job in order that could run here but does not fit now is the head: on the machines where it lacks least,
/// what it needs is kept for it, so that no job behind it takes anything that the head waits for; jobs behind
/// it start only from what is left beside that. A job that no machine could ever hold blocks nobody.
namespace orrery::jobs {

/// A machine and all that it has.
struct SchedulerNode {
  std::string name;
  Resources total;
};

/// A job that holds `need` on each of `nodes`.
struct RunningJob {
  std::string id;
  std::string name;
  std::vector<std::string> nodes;
  Resources need;
};

/// A job that wants `need` on each of `nodes` machines.
struct WaitingJob {
  std::string id;
  std::string name;
  int64_t sequence = 0;  ///< grows with age's end: the smaller, the older
  int priority = 0;
  int nodes = 1;
  Resources need;
};

struct ClusterState {
  std::vector<SchedulerNode> nodes;
  std::vector<RunningJob> running;
  std::vector<WaitingJob> waiting;  ///< in any order
};

struct Placement {
  std::string job_id;
  std::vector<std::string> nodes;
};

/// What was decided, and the state after it: enough to say why each job waits.
struct Decisions {
  std::vector<Placement> placements;  ///< in the order in which they were decided
  ClusterState after;                 ///< placements applied; `waiting` in rank order
  std::string head;                   ///< the job that resources are kept for; empty: none
};

Decisions Decide(ClusterState state);

/// What of each machine of `state` no job holds, by name.
std::map<std::string, Resources> FreeOf(const ClusterState& state);

/// Why the waiting job of rank `rank` (from 0, in `decisions.after.waiting`) waits, in words:
/// "needs 2 CPUs; 1.5 of 2 are held by job 3f2a19c0 (train), 0.5 free; position 2".
std::string WhyWaiting(const Decisions& decisions, size_t rank);

}  // namespace orrery::jobs
