#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "jobs/scheduler.h"

namespace orrery::jobs::internal {

/// The scheduler's latest decision, hung out by its loop for everyone to read. Safe to call from any thread.
class Board {
 public:
  void Publish(Decisions decisions) {
    auto next = std::make_shared<const Decisions>(std::move(decisions));
    const std::scoped_lock lock(mutex_);
    latest_ = std::move(next);
  }
  // Shared: a reader keeps the decision that it reads while the loop hangs out the next one.
  std::shared_ptr<const Decisions> Latest() const {
    const std::scoped_lock lock(mutex_);
    return latest_;
  }

 private:
  mutable std::mutex mutex_;  // guards latest_
  std::shared_ptr<const Decisions> latest_ = std::make_shared<const Decisions>();
};

/// Answers why jobs wait, for any number of jobs of one reading of the board.
class WaitingReasons {
 public:
  explicit WaitingReasons(std::shared_ptr<const Decisions> decisions) : decisions_(std::move(decisions)) {
    const auto& waiting = decisions_->after.waiting;
    for (size_t rank = 0; rank < waiting.size(); ++rank) ranks_.emplace(waiting[rank].id, rank);
  }
  /// The reason in words; `otherwise` for a job that the loop has not seen yet.
  std::string Of(const std::string& job_id, const std::string& otherwise) const {
    const auto found = ranks_.find(job_id);
    return found == ranks_.end() ? otherwise : WhyWaiting(*decisions_, found->second);
  }

 private:
  std::shared_ptr<const Decisions> decisions_;  // see Board::Latest
  std::unordered_map<std::string, size_t> ranks_;
};

}  // namespace orrery::jobs::internal
