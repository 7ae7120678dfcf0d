#pragma once

#include <cstdint>

#include "jobs/executor.h"

namespace orrery::jobs {

/// Returns where the last `lines` lines of a log begin; 0 when it has no more than that. Reads backwards, and no
/// further than that.
uint64_t OffsetOfLastLines(AttemptLog& log, int64_t lines);

}  // namespace orrery::jobs
