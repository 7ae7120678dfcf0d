#pragma once

#include <cstddef>

#include "jobs/cluster.h"
#include "jobs/internal/board.h"

namespace orrery::jobs::internal {

/// What a picture shows of a cluster of these machines, with at most `most` running and `most` waiting jobs.
Cluster ViewOf(const Picture& picture, const std::vector<SchedulerNode>& nodes, size_t most, Instant now);

}  // namespace orrery::jobs::internal
