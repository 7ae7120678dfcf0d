#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "events/event_log.h"
#include "events/internal/backoff.h"
#include "events/internal/sender.h"
#include "events/internal/webhook_store.h"

namespace orrery::events::internal {

/// Brings one webhook's events to its receiver, in order, until that fails for too long.
class Courier {
 public:
  struct Collaborators {
    EventLog& events;
    WebhookStore& store;
    Sender& sender;
    Clock& clock;
    Random& random;
  };

  /// All must outlive the courier. `row` is as stored.
  Courier(Collaborators collaborators, WebhookRow row, Backoff backoff = {});
  /// Returns once no delivery is under way.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Takes turns in a thread of its own.
  void Start();
  /// Lets the thread end after the delivery under way, without waiting for it.
  void AskToEnd();

  /// Does one thing: delivers the next event, or fails to. Returns how long to wait before the next turn: zero when there
  /// may be more to do, kUntilMore when there is nothing, none when the webhook was given up on.
  /// Errors: the database's; then the turn is to be repeated, and may deliver the event once more.
  std::optional<std::chrono::milliseconds> Turn();
  static constexpr std::chrono::milliseconds kUntilMore = std::chrono::milliseconds::max();

 private:
  std::optional<Event> Next();
  std::optional<std::chrono::milliseconds> Fail(const Delivery& delivery);
  void Run();
  bool Sleep(std::chrono::milliseconds wait);

  const Collaborators with_;
  const WebhookId id_;
  const std::string url_;
  const std::string secret_;
  const Filter filter_;
  const Backoff backoff_;
  // Used by the thread that takes turns.
  int64_t stored_cursor_;
  int64_t cursor_;
  int64_t failures_;
  std::optional<Instant> failing_since_;
  std::deque<Event> fetched_;

  std::mutex mutex_;  // guards stopping_; pairs with wake_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
  std::unique_ptr<EventLog::Watch> watch_;
};

}  // namespace orrery::events::internal
