#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "jobs/executor.h"
#include "jobs/types.h"

namespace orrery::jobs::internal {

/// A Start that returned, or why it failed.
struct Launched {
  AttemptId id;
  std::optional<AttemptOutcome> failure;
};

/// What happened since the loop last looked.
struct Mail {
  std::set<JobId> jobs;  ///< submitted, or asked to end
  std::vector<Launched> launched;
};

/// How everyone wakes the scheduler's loop. Safe to call from any thread; puts never block on the loop.
class Mailbox {
 public:
  void PutJob(const JobId& id) {
    Put([&](Mail& mail) { mail.jobs.insert(id); });
  }
  void PutLaunched(Launched launched) {
    Put([&](Mail& mail) { mail.launched.push_back(std::move(launched)); });
  }
  /// The executor has something new to say.
  void Wake() {
    Put([](Mail&) {});
  }
  /// Asks the loop to end.
  void Close() {
    Put([this](Mail&) { closed_ = true; });
  }
  bool closed() {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }

  /// Waits until something was put since the last Take, or for `most` where given.
  void Wait(std::optional<std::chrono::milliseconds> most) {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return woken_; };
    if (most) {
      wake_.wait_for(lock, *most, ready);
    } else {
      wake_.wait(lock, ready);
    }
  }
  Mail Take() {
    const std::scoped_lock lock(mutex_);
    woken_ = false;
    return std::exchange(mail_, {});
  }

 private:
  template <typename Change>
  void Put(Change change) {
    {
      const std::scoped_lock lock(mutex_);
      change(mail_);
      woken_ = true;
    }
    wake_.notify_one();
  }

  std::mutex mutex_;  // guards mail_, woken_ and closed_
  std::condition_variable wake_;
  Mail mail_;
  bool woken_ = false;
  bool closed_ = false;
};

}  // namespace orrery::jobs::internal
