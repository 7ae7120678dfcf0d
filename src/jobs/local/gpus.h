#pragma once

#include <set>
#include <string>
#include <vector>

#include "jobs/executor.h"

namespace orrery::jobs::local {

/// Some GPUs of one type.
struct GpuCount {
  std::string type;
  int count = 0;
};

/// Numbers devices through, as CUDA does, in the order of `counts`: "0", "1", ...
std::vector<GpuDevice> NumberGpus(const std::vector<GpuCount>& counts);

/// Picks `count` of `devices` that are not in `used`, all of one type: `type`, or when that is empty the one with the
/// fewest free that has enough. Errors: failed_precondition, with what is free.
std::vector<std::string> PickGpus(const std::vector<GpuDevice>& devices, const std::set<std::string>& used,
                                  int count, const std::string& type);

}  // namespace orrery::jobs::local
