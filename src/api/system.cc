#include "api/system.h"

#include <memory>
#include <mutex>

#include <boost/describe/class.hpp>

#include "base/build_info.h"
#include "http/openapi.h"

namespace orrery::api {
namespace {

struct Status {
  std::string status;
};
BOOST_DESCRIBE_STRUCT(Status, (), (status))

}  // namespace

void AddSystemRoutes(http::Router& router, const Readiness& readiness, const http::Metrics& metrics) {
  router.Get<Status>("/api/v1/health",
                     {.id = "getHealth",
                      .summary = "Whether the process answers.",
                      .tag = "system",
                      .access = http::Access::kPublic,
                      .work = http::Work::kAtOnce},
                     [](const http::Request&) { return Status{"ok"}; });
  router.Get<Status>("/api/v1/ready",
                     {.id = "getReadiness",
                      .summary = "Whether the server takes work; 503 while it starts or drains.",
                      .tag = "system",
                      .access = http::Access::kPublic,
                      .work = http::Work::kAtOnce},
                     [&](const http::Request&) {
                       if (!readiness.ready)
                         throw Error(Code::kUnavailable, "the server is starting or stopping");
                       return Status{"ready"};
                     });
  router.Get<BuildInfo>("/api/v1/version",
                        {.id = "getVersion",
                         .summary = "What this server was built from.",
                         .tag = "system",
                         .access = http::Access::kPublic,
                         .work = http::Work::kAtOnce},
                        [](const http::Request&) { return ThisBuild(); });
  router.Add({.method = http::Method::kGet,
              .pattern = "/metrics",
              .doc = {.id = "getMetrics",
                      .summary = "Counters and gauges as Prometheus text.",
                      .tag = "system",
                      .answers = "text/plain"},
              .handler = [&](http::Request&) {
                return http::Response::Text(metrics.Text(), "text/plain; version=0.0.4; charset=utf-8");
              }});
  struct Document {
    std::once_flag once;
    std::string text;
  };
  router.Add({.method = http::Method::kGet,
              .pattern = "/api/v1/openapi.json",
              .doc = {.id = "getOpenApi",
                      .summary = "This interface, described as OpenAPI 3.1.",
                      .tag = "system",
                      .access = http::Access::kPublic},
              .handler = [&router, document = std::make_shared<Document>()](http::Request&) {
                std::call_once(document->once, [&] {
                  document->text = http::OpenApiDocument(router, "Orrery", ThisBuild().version);
                });
                return http::Response::Json(document->text);
              }});
}

}  // namespace orrery::api
