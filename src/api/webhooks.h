#pragma once

#include "events/webhooks.h"
#include "http/router.h"

namespace orrery::api {

/// Adds /api/v1/webhooks. `webhooks` must outlive the router.
void AddWebhookRoutes(http::Router& router, events::Webhooks& webhooks);

}  // namespace orrery::api
