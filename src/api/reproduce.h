#pragma once

#include "http/router.h"
#include "jobs/jobs.h"
#include "tracking/tracking.h"

namespace orrery::api {

/// Adds POST /api/v1/runs/{id}/reproduce. Both services must outlive the router.
void AddReproduceRoute(http::Router& router, tracking::Tracking& tracking, jobs::Jobs& jobs);

}  // namespace orrery::api
