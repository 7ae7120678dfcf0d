#pragma once

#include <optional>
#include <string>

#include <boost/describe/class.hpp>

#include "jobs/types.h"

namespace orrery::jobs::internal {

/// A row of the table jobs, without its key.
struct JobRow {
  std::string id;
  std::string name;
  std::string queue;
  JobState state = JobState::kPending;
  std::string reason;
  bool cancel_requested = false;
  std::string spec;
  std::string run_id;
  std::string experiment_id;
  std::string submitted_by;
  Instant submitted_at;
  std::optional<Instant> started_at;
  std::optional<Instant> ended_at;
  int attempt = 0;  ///< the latest one; 0: none yet
  std::optional<std::string> group_name;
  std::optional<int64_t> array_index;
  int retries = 0;  ///< as in the spec, for Apply
  int64_t retry_delay_seconds = 0;
  bool preempting = false;
  int failures = 0;
  std::optional<Instant> retry_at;
};
BOOST_DESCRIBE_STRUCT(JobRow, (),
                      (id, name, queue, state, reason, cancel_requested, spec, run_id, experiment_id,
                       submitted_by, submitted_at, started_at, ended_at, attempt, group_name, array_index,
                       retries, retry_delay_seconds, preempting, failures, retry_at))

/// A row of the table transitions, without its key.
struct TransitionRow {
  std::string job_id;
  JobState state = JobState::kPending;
  Instant at;
  std::string cause;
};
BOOST_DESCRIBE_STRUCT(TransitionRow, (), (job_id, state, at, cause))

}  // namespace orrery::jobs::internal
