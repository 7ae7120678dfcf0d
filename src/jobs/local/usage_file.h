#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "jobs/executor.h"

namespace orrery::jobs::local {

/// Reads the lines of an attempt's file `usage` (jobs/record.h) from `text`. Returns how many of its bytes were whole
/// lines in `length`: the rest is still being written.
struct UsageLines {
  std::vector<UsageSample> samples;
  std::size_t length = 0;
};
UsageLines ParseUsage(std::string_view text);

}  // namespace orrery::jobs::local
