#pragma once

#include <string_view>

#include "jobs/job_spec.h"

namespace orrery::jobs {

inline constexpr size_t kMostJobFileBytes = 1 << 20;

/// Reads a job file: YAML with the fields of JobSpec. Params, env and command take plain numbers and truth
/// values as the text that stands there (`lr: 0.10` is "0.10"). The result is of the right shape, not yet
/// validated. Tags are refused.
/// Errors: invalid_argument with line or field: not YAML, larger than kMostJobFileBytes, deeper than 64
/// levels, a field twice, unknown or ill-typed.
JobSpec ParseJobFile(std::string_view text);

}  // namespace orrery::jobs
