#pragma once

#include <vector>

#include "jobs/cluster.h"
#include "jobs/cluster_state.h"

namespace orrery::jobs {

/// What each queue may hold and holds, by name.
std::vector<QueueUse> UseOf(const ClusterState& state);

}  // namespace orrery::jobs
