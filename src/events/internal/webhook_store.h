#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/actor.h"
#include "events/event_log.h"
#include "events/internal/webhook_rows.h"
#include "events/webhook.h"
#include "sql/database.h"

namespace orrery::events::internal {

/// What a failed attempt leads to.
struct Setback {
  std::string reason;
  std::optional<int> status;
  Instant at;
  std::optional<Instant> next_retry_at;  ///< none: the webhook is paused
};

/// Keeps webhooks and how far each has come. What people do to a webhook, and its being paused, are events in the same
/// transaction. Safe to call from any thread.
class WebhookStore {
 public:
  WebhookStore(sql::Database& database, EventLog& events) : database_(database), events_(events) {}

  /// Stores `row` with its cursor at the newest event. Errors: resource_exhausted (too many).
  void Insert(WebhookRow row);
  std::optional<WebhookRow> Find(const WebhookId& id);
  /// Oldest first.
  std::vector<WebhookRow> All();
  /// Enabling forgets failures and a pause. False: there is no such webhook.
  bool SetEnabled(const WebhookId& id, bool enabled, const Actor& by);
  bool Remove(const WebhookId& id, const Actor& by);

  /// The receiver has `event`.
  void Acknowledge(const WebhookId& id, int64_t event, int status, Instant at);
  /// Nothing up to `event` matches.
  void Skip(const WebhookId& id, int64_t event);
  void Fail(const WebhookId& id, const Setback& setback);

  static std::span<const sql::Migration> Migrations();

 private:
  void Tell(sql::Writer& writer, const WebhookId& id, const std::string& what, const Actor& by,
            json::object data = {});

  sql::Database& database_;
  EventLog& events_;
};

}  // namespace orrery::events::internal
