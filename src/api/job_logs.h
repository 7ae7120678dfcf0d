#pragma once

#include "events/event_log.h"
#include "http/router.h"
#include "jobs/jobs.h"

namespace orrery::api {

/// Answers GET and HEAD for a job's log: as it is (with ranges, or from ?offset=), or with ?follow=true as it grows until the
/// attempt has ended; ?attempt= chooses one. Both must outlive the response.
/// Errors: not_found (no such job or attempt), invalid_argument (the query).
http::Response JobLogResponse(const http::Request& request, jobs::Jobs& jobs, events::EventLog& events);

}  // namespace orrery::api
