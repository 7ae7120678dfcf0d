#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "jobs/scheduler.h"

namespace orrery::jobs::internal {

/// What the scheduler knew and decided in one turn. Safe to read from any thread.
class Picture {
 public:
  ClusterState state;  ///< with the decisions applied
  Decisions decisions;
  int64_t at_us = 0;

  /// Why a job waits, in words; `otherwise` for one that the scheduler was not asked about.
  std::string WhyWaits(const std::string& job_id, const std::string& otherwise) const {
    // Only once somebody asks: while jobs arrive by the thousand, hardly one picture is ever looked at.
    std::call_once(ordered_, [this] {
      size_t position = 0;
      for (const std::string& id : WaitingOrder(state, at_us)) positions_.emplace(id, ++position);
    });
    const auto found = positions_.find(job_id);
    if (found == positions_.end()) return otherwise;
    return WhyWaiting(state, decisions, job_id, found->second, at_us);
  }

 private:
  mutable std::once_flag ordered_;
  mutable std::unordered_map<std::string, size_t> positions_;  // set under ordered_
};

/// The scheduler's latest picture, hung out by its loop for everyone to read. Safe to call from any thread.
class Board {
 public:
  void Publish(std::shared_ptr<const Picture> picture) {
    const std::scoped_lock lock(mutex_);
    latest_ = std::move(picture);
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

}  // namespace orrery::jobs::internal
