#pragma once

#include "content/content.h"
#include "http/router.h"

namespace orrery::api {

/// Adds the routes by which clients bring and fetch objects: /api/v1/content. `store` must outlive the
/// router.
void AddContentRoutes(http::Router& router, content::Store& store);

}  // namespace orrery::api
