#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "jobs/queues.h"
#include "jobs/trace.h"

/// Replays a job list through Decide in virtual time, on one pool of GPUs that are all alike.
///
/// A job holds its GPUs at once until it has run for its duration; one that wants more than there are gets all. Only
/// the decisions are under test, so a preempted job is gone at once and keeps its progress.
namespace orrery::jobs {

/// A way to order jobs that can be compared with others.
struct SimulatedPolicy {
  std::string_view name;
  QueuePolicy policy;
  bool predicts = false;  ///< sees estimates from jobs that have ended by then; else each job's true duration
  std::string_view says;  ///< what it does, in a few words
};

/// fifo, easy, fifo_skip, sjf, sjf_skip, srtf, las, predicted_sjf.
const std::vector<SimulatedPolicy>& SimulatedPolicies();

/// How a policy did. Seconds; a job is complete when it has run for its duration.
struct SimulationResult {
  std::string policy;
  int64_t gpus = 0;
  int64_t jobs = 0;
  double mean_completion = 0;  ///< from submission to end
  double median_completion = 0;
  double p99_completion = 0;
  double mean_wait = 0;        ///< of that, not running
  double mean_wait_large = 0;  ///< of jobs on 8 GPUs and more
  double utilisation = 0;      ///< of the GPUs, from the first submission to the last end
  int64_t preemptions = 0;
  int64_t decisions = 0;
};
BOOST_DESCRIBE_STRUCT(SimulationResult, (),
                      (policy, gpus, jobs, mean_completion, median_completion, p99_completion, mean_wait,
                       mean_wait_large, utilisation, preemptions, decisions))

/// Replays `jobs`, in order of submission and not empty, on `gpus` GPUs (at least 1).
SimulationResult Simulate(const std::vector<TraceJob>& jobs, const SimulatedPolicy& policy, int64_t gpus);

}  // namespace orrery::jobs
