#pragma once

#include <memory>

#include "events/event_log.h"
#include "http/router.h"

namespace orrery::api {

/// A stream of the events that `filter` matches, from those after `after` on; it never ends by itself. `log` must
/// outlive it.
http::Response EventStream(events::EventLog& log, events::Filter filter, int64_t after);

/// Where a stream resumes: the id in Last-Event-ID, else in ?after=, else `otherwise`.
/// Errors: invalid_argument, naming the field (not an id).
int64_t ResumeAfter(const http::Request& request, int64_t otherwise);

/// Adds /api/v1/events. `log` must outlive the router.
void AddEventRoutes(http::Router& router, events::EventLog& log);

}  // namespace orrery::api
