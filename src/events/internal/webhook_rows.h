#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/describe/class.hpp>

#include "events/webhook.h"

namespace orrery::events::internal {

/// A row of the table webhooks. The secret stands in it as it is: deliveries are signed with it.
struct WebhookRow {
  std::string id;
  std::string url;
  std::string types;  ///< a JSON array
  std::string secret;
  bool enabled = true;
  Instant created_at;
  std::string created_by;
  int64_t cursor = 0;                 ///< every event up to it was acknowledged, or does not match
  std::optional<std::string> paused;  ///< why it was given up on
  std::optional<std::string> last_error;
  int64_t failures = 0;  ///< in a row
  std::optional<Instant> failing_since;
  std::optional<Instant> next_retry_at;
  std::optional<Instant> last_attempt_at;
  std::optional<Instant> last_delivered_at;
  std::optional<int> last_status;
};
BOOST_DESCRIBE_STRUCT(WebhookRow, (),
                      (id, url, types, secret, enabled, created_at, created_by, cursor, paused, last_error,
                       failures, failing_since, next_retry_at, last_attempt_at, last_delivered_at,
                       last_status))

}  // namespace orrery::events::internal
