#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/job_spec.h"

namespace orrery::jobs {

inline constexpr size_t kMostJobFileBytes = 1 << 20;

/// What a job file asks for.
struct JobFile {
  std::vector<JobSpec> jobs;         ///< one, unless it lists several
  bool is_list = false;              ///< they are listed under `jobs`, be it one
  std::optional<std::string> array;  ///< the indices, as in ArraySpec; never of a list
};

/// Reads a job file, YAML: the fields of JobSpec, and `array` beside them; or a list of such under `jobs`, which may run
/// after one another by name. Params, env and command take plain numbers and truth values as the text that stands there
/// (`lr: 0.10` is "0.10"). The result is of the right shape, not yet validated. Tags are refused.
/// Errors: invalid_argument with line or field: not YAML, larger than kMostJobFileBytes, deeper than 64
/// levels, a field twice, unknown or ill-typed.
JobFile ParseJobFile(std::string_view text);

}  // namespace orrery::jobs
