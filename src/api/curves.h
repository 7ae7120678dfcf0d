#pragma once

#include "http/router.h"
#include "tracking/tracking.h"

namespace orrery::api {

/// Adds /api/v1/curves: points of metrics for charts. `tracking` must outlive the router.
void AddCurveRoute(http::Router& router, tracking::Tracking& tracking);

}  // namespace orrery::api
