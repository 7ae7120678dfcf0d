#pragma once

#include "http/router.h"
#include "tracking/artifacts.h"
#include "tracking/tracking.h"

namespace orrery::api {

/// Adds the routes by which experiments, runs, their curves and artifacts are read: /api/v1/experiments, /runs
/// and /curves. What is written comes over MLflow's wire or by jobs. Both must outlive the router.
void AddRunRoutes(http::Router& router, tracking::Tracking& tracking, tracking::Artifacts& artifacts);

}  // namespace orrery::api
