#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "jobs/scheduler.h"

namespace orrery::jobs::internal {

/// What the scheduler knew and decided in one turn.
struct Picture {
  ClusterState state;  ///< with the decisions applied
  Decisions decisions;
  int64_t at_us = 0;
};

/// The scheduler's latest picture, hung out by its loop for everyone to read. Safe to call from any thread.
class Board {
 public:
  void Publish(Picture picture) {
    auto next = std::make_shared<const Picture>(std::move(picture));
    const std::scoped_lock lock(mutex_);
    latest_ = std::move(next);
  }
  // Shared: a reader keeps the picture that it reads while the loop hangs out the next one.
  std::shared_ptr<const Picture> Latest() const {
    const std::scoped_lock lock(mutex_);
    return latest_;
  }

 private:
  mutable std::mutex mutex_;  // guards latest_
  std::shared_ptr<const Picture> latest_ = std::make_shared<const Picture>();
};

/// Answers why jobs wait, for any number of jobs of one reading of the board.
class WaitingReasons {
 public:
  explicit WaitingReasons(std::shared_ptr<const Picture> picture) : picture_(std::move(picture)) {
    size_t position = 0;
    for (const std::string& id : WaitingOrder(picture_->state, picture_->at_us))
      positions_.emplace(id, ++position);
  }
  /// The reason in words; `otherwise` for a job that the loop has not seen yet.
  std::string Of(const std::string& job_id, const std::string& otherwise) const {
    const auto found = positions_.find(job_id);
    if (found == positions_.end()) return otherwise;
    return WhyWaiting(picture_->state, picture_->decisions, job_id, found->second, picture_->at_us);
  }

 private:
  std::shared_ptr<const Picture> picture_;  // see Board::Latest
  std::unordered_map<std::string, size_t> positions_;
};

}  // namespace orrery::jobs::internal
