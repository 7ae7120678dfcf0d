#pragma once

#include <vector>

#include <sys/types.h>

namespace orrery::supervisor {

/// Returns the processes that descend from this one, in no order. Reads all of /proc.
std::vector<pid_t> Descendants();

}  // namespace orrery::supervisor
