#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/described.h"
#include "base/id.h"
#include "base/instant.h"

namespace orrery::events {

struct WebhookTag {
  static constexpr std::string_view kField = "webhook_id";
};
using WebhookId = Id<WebhookTag>;

/// Where a webhook stands:
///
///   ACTIVE <--> RETRYING --> PAUSED     a failed delivery is repeated; at the horizon it is given up on
///      ^            |           |
///      '------------+-----------'       enabled (again): on from the first event that was not acknowledged
///   any --> DISABLED                    by request
enum class WebhookState { kActive, kRetrying, kPaused, kDisabled };
BOOST_DESCRIBE_ENUM(WebhookState, kActive, kRetrying, kPaused, kDisabled)

/// What a caller says of a new webhook.
struct NewWebhook {
  std::string url;
  std::vector<std::string> types = {"*"};

  static constexpr std::string_view kRequired[] = {"url"};
  static constexpr FieldDoc kDocs[] = {
      {"url", "Where events are posted to: https, or http where the server allows it."},
      {"types", "Types of events, \"job_failed\", or beginnings, \"job_*\"; by default all."},
  };
};
BOOST_DESCRIBE_STRUCT(NewWebhook, (), (url, types))

/// A change of a webhook.
struct WebhookChange {
  bool enabled = true;

  static constexpr std::string_view kRequired[] = {"enabled"};
  static constexpr FieldDoc kDocs[] = {
      {"enabled",
       "false: nothing is sent any more. true: goes on with the first event that was not acknowledged, at "
       "once."},
  };
};
BOOST_DESCRIBE_STRUCT(WebhookChange, (), (enabled))

/// A webhook and how its deliveries go.
struct Webhook {
  WebhookId id;
  std::string url;
  std::vector<std::string> types;
  WebhookState state = WebhookState::kActive;
  std::optional<std::string> reason;
  std::optional<std::string> secret;
  Instant created_at;
  std::string created_by;
  int64_t events_waiting = 0;
  std::optional<Instant> oldest_waiting_at;
  int64_t failures = 0;
  std::optional<Instant> failing_since;
  std::optional<Instant> next_retry_at;
  std::optional<Instant> last_attempt_at;
  std::optional<Instant> last_delivered_at;
  std::optional<int> last_status;

  static constexpr FieldDoc kDocs[] = {
      {"reason", "Why it is RETRYING or PAUSED, in words."},
      {"secret", "What deliveries are signed with. Only in the answer to its creation."},
      {"events_waiting", "Events that match and were not acknowledged yet."},
      {"oldest_waiting_at", "When the first of them happened."},
      {"failures", "Failed attempts at the first of them, in a row."},
      {"next_retry_at", "When it is tried again."},
      {"last_status", "The HTTP status that the receiver answered last; absent when there was no answer."},
  };
};
BOOST_DESCRIBE_STRUCT(Webhook, (),
                      (id, url, types, state, reason, secret, created_at, created_by, events_waiting,
                       oldest_waiting_at, failures, failing_since, next_retry_at, last_attempt_at,
                       last_delivered_at, last_status))

struct WebhookList {
  std::vector<Webhook> webhooks;
};
BOOST_DESCRIBE_STRUCT(WebhookList, (), (webhooks))

/// How one attempt to deliver went. What the receiver answered beside its status is never kept or shown.
struct Delivery {
  bool delivered = false;
  std::optional<int> status;
  std::optional<std::string> error;

  static constexpr FieldDoc kDocs[] = {
      {"delivered", "Whether the receiver answered 2xx."},
      {"status", "The HTTP status of its answer; absent when there was none."},
      {"error", "What went wrong, in words."},
  };
};
BOOST_DESCRIBE_STRUCT(Delivery, (), (delivered, status, error))

}  // namespace orrery::events
