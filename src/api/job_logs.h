#pragma once

#include "events/event_log.h"
#include "http/router.h"
#include "jobs/jobs.h"

namespace orrery::api {

/// Answers GET and HEAD for a job's log: as it is (with ranges), or with ?follow=true as it grows until the attempt has
/// ended; from ?offset= or the last ?tail= lines on, which the header Orrery-Log-Offset tells; ?attempt= chooses one. With
/// ?grep= it is the lines that match, each as a line of JSON. Both must outlive the response.
/// Errors: not_found (no such job or attempt), invalid_argument (the query).
http::Response JobLogResponse(const http::Request& request, jobs::Jobs& jobs, events::EventLog& events);

}  // namespace orrery::api
