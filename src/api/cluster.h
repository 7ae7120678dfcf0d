#pragma once

#include "http/router.h"
#include "jobs/jobs.h"

namespace orrery::api {

/// Adds /api/v1/cluster. `jobs` must outlive the router.
void AddClusterRoutes(http::Router& router, jobs::Jobs& jobs);

}  // namespace orrery::api
