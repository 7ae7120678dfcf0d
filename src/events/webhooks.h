#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "base/network.h"
#include "base/random.h"
#include "events/event_log.h"
#include "events/receivers.h"
#include "events/webhook.h"
#include "sql/database.h"

namespace orrery::events {

/// Posts events to receivers, out of the log that they were written to: nothing is lost by a crash, and nothing is told
/// that was not committed.
///
/// A webhook's events go out one by one in the order of their ids, the next only after the receiver acknowledged the one
/// before with a 2xx. The cursor is stored after that, so a crash in between repeats an event: receivers tell by its id,
/// which stays the same. A failed attempt is repeated with exponential back-off and jitter (1 s to 1 h); after three days
/// of failures of one event, or a 410, the webhook is paused with the reason, and keeps its place. Each webhook has a
/// thread of its own, which sleeps while nothing happens: a slow receiver holds up nobody else.
///
/// Deliveries are signed as in the Standard Webhooks specification (HMAC-SHA256 over "ID.TIMESTAMP.BODY").
///
///   construct -> Start() -> ... -> Stop()
///
/// Safe to call from any thread, Start and Stop excepted.
class Webhooks {
 public:
  struct Collaborators {
    sql::Database& database;
    EventLog& events;
    Network& network;
    Clock& clock;
    Random& random;
  };

  /// All must outlive this object.
  Webhooks(Collaborators collaborators, Receivers receivers);
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  /// Begins to deliver.
  void Start();
  /// Returns once no delivery is under way: at most 20 s.
  void Stop();

  /// Events that happen from now on are delivered. The answer alone has the secret.
  /// Errors: invalid_argument (the field at fault), resource_exhausted (there are 50 webhooks).
  Webhook Create(const NewWebhook& webhook, const Actor& by);
  std::vector<Webhook> List();
  /// Errors: not_found.
  Webhook Get(const WebhookId& id);
  /// Once a disabling is answered, nothing more is sent. Errors: not_found.
  Webhook Change(const WebhookId& id, const WebhookChange& change, const Actor& by);
  /// Returns it as it was. Errors: not_found.
  Webhook Remove(const WebhookId& id, const Actor& by);
  /// Sends an event of type "webhook_test" now, whatever the webhook's state; it is not in the log. Errors: not_found.
  Delivery Test(const WebhookId& id, const Actor& by);

  static std::span<const sql::Migration> Migrations();

 private:
  struct Parts;

  void StartCourier(const WebhookId& id);

  Collaborators with_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace orrery::events
