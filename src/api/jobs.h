#pragma once

#include "events/event_log.h"
#include "http/router.h"
#include "jobs/jobs.h"

namespace orrery::api {

/// Adds the routes of jobs: /api/v1/jobs. Both must outlive the router.
void AddJobRoutes(http::Router& router, jobs::Jobs& jobs, events::EventLog& events);

}  // namespace orrery::api
