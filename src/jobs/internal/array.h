#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/job_spec.h"

/// Arrays: one spec, a job for each index.
namespace orrery::jobs::internal {

inline constexpr int64_t kMostTasks = 10'000;

/// The indices that `text` lists, in its order: "1-20", "0-100:10", "1,3,7", "1-3,10".
/// Errors: invalid_argument, naming array (not of this form, an index beyond 999,999,999 or twice, more than
/// kMostTasks).
std::vector<int64_t> ParseArray(const std::string& text);

/// The spec of task `index`: its name and the run's are "train[7]", its group is `group`.
JobSpec TaskOf(JobSpec spec, int64_t index, const std::string& group);

}  // namespace orrery::jobs::internal
