#pragma once

#include "http/router.h"

namespace orrery::server {

/// Serves the pages on every GET path that no other route has: files by name, and the start page for the paths that the
/// page itself routes (those whose last segment has no dot). Anybody may load them: what they show they ask the API for.
void AddPages(http::Router& router);

}  // namespace orrery::server
