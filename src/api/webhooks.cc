#include "api/webhooks.h"

namespace orrery::api {
namespace {

constexpr const char* kAll = "/api/v1/webhooks";
constexpr const char* kOne = "/api/v1/webhooks/{id}";

events::WebhookId IdOf(const http::Request& request) {
  return events::WebhookId::Parse(request.path("id"));
}

}  // namespace

void AddWebhookRoutes(http::Router& router, events::Webhooks& webhooks) {
  router.Post<events::NewWebhook, events::Webhook>(
      kAll,
      {.id = "createWebhook",
       .summary = "Have events posted to a URL from now on; the answer alone has the secret that signs them.",
       .tag = "webhooks",
       .success = 201},
      [&webhooks](const http::Request& request, const events::NewWebhook& webhook) {
        return webhooks.Create(webhook, request.actor());
      });
  router.Get<events::WebhookList>(
      kAll,
      {.id = "listWebhooks", .summary = "List webhooks and how their deliveries go.", .tag = "webhooks"},
      [&webhooks](const http::Request& request) {
        request.query().RefuseOthers({});
        return events::WebhookList{webhooks.List()};
      });
  router.Get<events::Webhook>(
      kOne, {.id = "getWebhook", .summary = "Get one webhook.", .tag = "webhooks"},
      [&webhooks](const http::Request& request) { return webhooks.Get(IdOf(request)); });
  router.Typed<events::WebhookChange, events::Webhook>(
      http::Method::kPatch, kOne,
      {.id = "changeWebhook",
       .summary = "Disable a webhook, or enable it (again): no event in between is lost.",
       .tag = "webhooks"},
      [&webhooks](const http::Request& request, const events::WebhookChange& change) {
        return webhooks.Change(IdOf(request), change, request.actor());
      });
  router.Delete<events::Webhook>(
      kOne,
      {.id = "removeWebhook",
       .summary = "Remove a webhook, once nothing is under way to it; the answer is its last state.",
       .tag = "webhooks"},
      [&webhooks](const http::Request& request) { return webhooks.Remove(IdOf(request), request.actor()); });
  router.Post<http::NoBody, events::Delivery>(
      "/api/v1/webhooks/{id}/test",
      {.id = "testWebhook",
       .summary = "Send an event of type webhook_test now and tell how it went.",
       .tag = "webhooks"},
      [&webhooks](const http::Request& request) { return webhooks.Test(IdOf(request), request.actor()); });
}

}  // namespace orrery::api
