#pragma once

#include "http/router.h"
#include "tracking/trash.h"

namespace orrery::api {

/// Adds /api/v1/trash. `trash` must outlive the router.
void AddTrashRoutes(http::Router& router, tracking::Trash& trash);

}  // namespace orrery::api
