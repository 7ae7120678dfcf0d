#include "events/internal/courier.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace orrery::events::internal {
namespace {

constexpr int kAtOnce = 50;
/// Behind so many events that do not match, the cursor is stored too: a restart does not look at them all again.
constexpr int64_t kSkipped = 1'000;
constexpr std::chrono::milliseconds kAfterFault{5'000};
constexpr int kGone = 410;

}  // namespace

Courier::Courier(Collaborators collaborators, WebhookRow row, Backoff backoff)
    : with_(collaborators),
      id_(WebhookId::Parse(row.id)),
      url_(std::move(row.url)),
      secret_(std::move(row.secret)),
      filter_{.subject = "", .types = FromJson<std::vector<std::string>>(row.types)},
      backoff_(backoff),
      stored_cursor_(row.cursor),
      cursor_(row.cursor),
      failures_(row.failures),
      failing_since_(row.failing_since) {}

void Courier::AskToEnd() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

Courier::~Courier() {
  watch_.reset();
  AskToEnd();
  if (thread_.joinable()) thread_.join();
}

void Courier::Start() {
  watch_ = std::make_unique<EventLog::Watch>(with_.events, [this] {
    // Taken, so that the sleeper has either seen the new event or hears the call.
    { const std::scoped_lock lock(mutex_); }
    wake_.notify_all();
  });
  thread_ = std::thread([this] { Run(); });
}

std::optional<Event> Courier::Next() {
  if (fetched_.empty()) {
    // Read before the query: what is committed in between is found by the next one.
    const int64_t newest = with_.events.newest();
    std::vector<Event> found = with_.events.After(cursor_, filter_, kAtOnce);
    fetched_.assign(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    if (fetched_.empty()) {
      cursor_ = std::max(cursor_, newest);
      if (cursor_ - stored_cursor_ >= kSkipped) {
        with_.store.Skip(id_, cursor_);
        stored_cursor_ = cursor_;
      }
      return std::nullopt;
    }
  }
  return fetched_.front();
}

std::optional<std::chrono::milliseconds> Courier::Turn() {
  const std::optional<Event> event = Next();
  if (!event) return kUntilMore;
  const Delivery delivery =
      with_.sender.Send(url_, secret_, {.id = "evt_" + std::to_string(event->id), .body = ToJson(*event)});
  if (!delivery.delivered) return Fail(delivery);
  with_.store.Acknowledge(id_, event->id, delivery.status.value_or(0), with_.clock.Now());
  cursor_ = stored_cursor_ = event->id;
  failures_ = 0;
  failing_since_.reset();
  fetched_.pop_front();
  return std::chrono::milliseconds(0);
}

std::optional<std::chrono::milliseconds> Courier::Fail(const Delivery& delivery) {
  const Instant now = with_.clock.Now();
  const Instant since = failing_since_.value_or(now);
  auto wait = backoff_.After(failures_ + 1, since, now, with_.random);
  Setback setback{.reason = delivery.error.value_or(""),
                  .status = delivery.status,
                  .at = now,
                  .next_retry_at = std::nullopt};
  if (delivery.status == kGone) {
    wait.reset();
    setback.reason += ": it wants no more events";
  } else if (!wait) {
    setback.reason += "; given up after " + std::to_string(failures_ + 1) + " attempts";
  } else {
    setback.next_retry_at = now + *wait;
  }
  with_.store.Fail(id_, setback);
  ++failures_;
  failing_since_ = since;
  if (!wait) {
    Log(LogLevel::kWarning, "a webhook was paused: its receiver does not take events",
        {{"webhook", id_.text()}, {"reason", setback.reason}});
  }
  return wait;
}

bool Courier::Sleep(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  if (wait == kUntilMore) {
    wake_.wait(lock, [this] { return stopping_ || with_.events.newest() > cursor_; });
  } else {
    wake_.wait_for(lock, wait, [this] { return stopping_; });
  }
  return !stopping_;
}

void Courier::Run() {
  std::optional<std::chrono::milliseconds> wait = std::chrono::milliseconds(0);
  while (wait && Sleep(*wait)) {
    try {
      wait = Turn();
    } catch (const std::exception& error) {
      Log(LogLevel::kError, "a webhook's turn failed and will be repeated",
          {{"webhook", id_.text()}, {"error", error.what()}});
      wait = kAfterFault;
    }
  }
}

}  // namespace orrery::events::internal
