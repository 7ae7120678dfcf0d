#pragma once

#include <vector>

#include "base/file_system.h"
#include "jobs/job_spec.h"

namespace orrery::jobs::internal {

/// Fills in digest and size of each input, as its file is now. Links are followed.
/// Errors: invalid_argument, naming inputs[i].path (no such file, not a regular file, not readable) or
/// inputs[i].digest or .size (given, and the file has another one).
void HashInputs(std::vector<InputSpec>& inputs, FileSystem& files);

}  // namespace orrery::jobs::internal
