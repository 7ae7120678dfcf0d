#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "jobs/executor.h"

namespace orrery::jobs::local {

/// Callbacks by topic, each registered for as long as its Subscription lives. Safe to call from any thread; must outlive
/// all subscriptions.
template <class Topic>
class Callbacks {
 public:
  /// `left` is called once, when the subscription ends.
  std::unique_ptr<Subscription> Add(Topic topic, std::function<void()> callback,
                                    std::function<void()> left = {}) {
    const std::scoped_lock lock(mutex_);
    const std::uint64_t number = next_++;
    entries_.emplace(number, Entry{std::move(topic), std::move(callback)});
    return std::make_unique<Registration>(*this, number, std::move(left));
  }

  /// Calls those of `topics`. A subscription that ends meanwhile waits for it.
  void Call(const std::set<Topic>& topics) {
    if (topics.empty()) return;
    const std::scoped_lock lock(mutex_);
    for (const auto& [number, entry] : entries_) {
      if (topics.contains(entry.topic)) entry.callback();
    }
  }

 private:
  struct Entry {
    Topic topic;
    std::function<void()> callback;
  };
  class Registration : public Subscription {
   public:
    Registration(Callbacks& callbacks, std::uint64_t number, std::function<void()> left)
        : callbacks_(callbacks), number_(number), left_(std::move(left)) {}
    ~Registration() override {
      {
        const std::scoped_lock lock(callbacks_.mutex_);
        callbacks_.entries_.erase(number_);
      }
      if (left_) left_();
    }

   private:
    Callbacks& callbacks_;
    std::uint64_t number_;
    std::function<void()> left_;
  };

  std::mutex mutex_;
  std::map<std::uint64_t, Entry> entries_;
  std::uint64_t next_ = 0;
};

}  // namespace orrery::jobs::local
