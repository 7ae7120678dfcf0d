#pragma once

#include <atomic>
#include <string>

#include "http/metrics.h"
#include "http/router.h"

namespace orrery::api {

/// Whether the server takes work; set by its owner, read by /api/v1/ready.
struct Readiness {
  std::atomic<bool> ready = false;
};

/// Adds health, readiness, version, the OpenAPI document and /metrics. All must outlive the router. Called last: the
/// document describes the routes that are there when it is first asked for.
void AddSystemRoutes(http::Router& router, const Readiness& readiness, const http::Metrics& metrics);

}  // namespace orrery::api
