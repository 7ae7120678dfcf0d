#include "events/webhooks.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "events/internal/courier.h"
#include "events/internal/sender.h"
#include "events/internal/signature.h"
#include "events/internal/webhook_store.h"

namespace orrery::events {
namespace {

constexpr size_t kMostTypes = 20;
constexpr size_t kLongestType = 100;

using internal::WebhookRow;

Error NoSuchWebhook(const WebhookId& id) {
  return Error(Code::kNotFound, "no webhook has this id: " + Quoted(id.text()), "webhook_id");
}

bool IsTypePattern(std::string_view text) {
  if (text.ends_with('*')) {
    text.remove_suffix(1);
    if (text.empty()) return true;
  }
  return !text.empty() && text.size() <= kLongestType && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void CheckTypes(const std::vector<std::string>& types) {
  if (types.empty() || types.size() > kMostTypes)
    throw InvalidField("types", "expected 1 to 20 types, got " + std::to_string(types.size()));
  for (size_t i = 0; i < types.size(); ++i) {
    if (IsTypePattern(types[i])) continue;
    throw InvalidField(
        "types[" + std::to_string(i) + "]",
        "expected a type of events like job_failed, or a beginning like job_*, got " + Quoted(types[i]));
  }
}

WebhookState StateOf(const WebhookRow& row) {
  if (!row.enabled) return WebhookState::kDisabled;
  if (row.paused) return WebhookState::kPaused;
  return row.failures > 0 ? WebhookState::kRetrying : WebhookState::kActive;
}

Webhook Shown(const WebhookRow& row, EventLog& events) {
  Webhook webhook{.id = WebhookId::Parse(row.id),
                  .url = row.url,
                  .types = FromJson<std::vector<std::string>>(row.types),
                  .state = StateOf(row),
                  .created_at = row.created_at,
                  .created_by = row.created_by,
                  .failures = row.failures,
                  .failing_since = row.failing_since,
                  .next_retry_at = row.next_retry_at,
                  .last_attempt_at = row.last_attempt_at,
                  .last_delivered_at = row.last_delivered_at,
                  .last_status = row.last_status};
  if (webhook.state == WebhookState::kPaused) webhook.reason = row.paused;
  if (webhook.state == WebhookState::kRetrying) webhook.reason = row.last_error;
  const Backlog backlog = events.Behind(row.cursor, {.subject = "", .types = webhook.types});
  webhook.events_waiting = backlog.events;
  webhook.oldest_waiting_at = backlog.oldest;
  return webhook;
}

}  // namespace

struct Webhooks::Parts {
  Parts(const Collaborators& with, Receivers allowed)
      : receivers(std::move(allowed)),
        store(with.database, with.events),
        sender(with.network, receivers, with.clock) {}

  const Receivers receivers;
  internal::WebhookStore store;
  internal::Sender sender;
  std::mutex mutex;  // guards started and couriers; held while a courier is ended
  bool started = false;
  std::map<WebhookId, std::unique_ptr<internal::Courier>> couriers;
};

Webhooks::Webhooks(Collaborators collaborators, Receivers receivers)
    : with_(collaborators), parts_(std::make_unique<Parts>(collaborators, std::move(receivers))) {}

Webhooks::~Webhooks() {
  Stop();
}

std::span<const sql::Migration> Webhooks::Migrations() {
  return internal::WebhookStore::Migrations();
}

void Webhooks::Start() {
  const std::scoped_lock lock(parts_->mutex);
  parts_->started = true;
  for (const WebhookRow& row : parts_->store.All()) StartCourier(WebhookId::Parse(row.id));
}

void Webhooks::Stop() {
  const std::scoped_lock lock(parts_->mutex);
  parts_->started = false;
  for (const auto& [id, courier] : parts_->couriers) courier->AskToEnd();
  parts_->couriers.clear();
}

void Webhooks::StartCourier(const WebhookId& id) {
  parts_->couriers.erase(id);
  const auto row = parts_->store.Find(id);
  const bool wanted =
      row && (StateOf(*row) == WebhookState::kActive || StateOf(*row) == WebhookState::kRetrying);
  if (!parts_->started || !wanted) return;
  auto courier = std::make_unique<internal::Courier>(
      internal::Courier::Collaborators{with_.events, parts_->store, parts_->sender, with_.clock,
                                       with_.random},
      *row);
  courier->Start();
  parts_->couriers.emplace(id, std::move(courier));
}

Webhook Webhooks::Create(const NewWebhook& webhook, const Actor& by) {
  CheckTypes(webhook.types);
  parts_->receivers.Check(webhook.url, with_.network);
  const WebhookRow row{.id = WebhookId::Draw(with_.random).text(),
                       .url = webhook.url,
                       .types = ToJson(webhook.types),
                       .secret = internal::DrawSecret(with_.random),
                       .created_at = with_.clock.Now(),
                       .created_by = by.name};
  parts_->store.Insert(row);
  const WebhookId id = WebhookId::Parse(row.id);
  {
    const std::scoped_lock lock(parts_->mutex);
    StartCourier(id);
  }
  Webhook created = Get(id);
  created.secret = row.secret;
  return created;
}

std::vector<Webhook> Webhooks::List() {
  std::vector<Webhook> webhooks;
  for (const WebhookRow& row : parts_->store.All()) webhooks.push_back(Shown(row, with_.events));
  return webhooks;
}

Webhook Webhooks::Get(const WebhookId& id) {
  const auto row = parts_->store.Find(id);
  if (!row) throw NoSuchWebhook(id);
  return Shown(*row, with_.events);
}

Webhook Webhooks::Change(const WebhookId& id, const WebhookChange& change, const Actor& by) {
  {
    const std::scoped_lock lock(parts_->mutex);
    // Ended first: its last word is stored before the change.
    parts_->couriers.erase(id);
    const bool found = parts_->store.SetEnabled(id, change.enabled, by);
    StartCourier(id);
    if (!found) throw NoSuchWebhook(id);
  }
  return Get(id);
}

Webhook Webhooks::Remove(const WebhookId& id, const Actor& by) {
  const std::scoped_lock lock(parts_->mutex);
  parts_->couriers.erase(id);
  Webhook last = Get(id);
  if (!parts_->store.Remove(id, by)) throw NoSuchWebhook(id);
  return last;
}

Delivery Webhooks::Test(const WebhookId& id, const Actor& by) {
  const auto row = parts_->store.Find(id);
  if (!row) throw NoSuchWebhook(id);
  const Event event{.id = 0,
                    .at = with_.clock.Now(),
                    .type = "webhook_test",
                    .subject = "webhook:" + row->id,
                    .actor = by.name,
                    .data = json::object()};
  return parts_->sender.Send(row->url, row->secret,
                             {.id = "test_" + with_.random.Hex(8), .body = ToJson(event)});
}

}  // namespace orrery::events
