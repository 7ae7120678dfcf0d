#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jobs/scheduler.h"

namespace orrery::jobs::internal {

/// What the scheduler knows, with what it decided last applied.
struct Scene {
  ClusterState state;
  Decisions decisions;
  int64_t at_us = 0;  ///< when it was decided
  int64_t decisions_made = 0;
};

/// A scene as it was once. Safe to read from any thread.
class Picture {
 public:
  explicit Picture(Scene taken) : scene(std::move(taken)) {}

  const Scene scene;

  /// Why a job waits, in words; `otherwise` for one that the scheduler was not asked about.
  std::string WhyWaits(const std::string& job_id, const std::string& otherwise, int64_t now_us) const {
    Order();
    const auto found = positions_.find(job_id);
    if (found == positions_.end()) return otherwise;
    return WhyWaiting(scene.state, scene.decisions, job_id, found->second, now_us);
  }

  /// The ids of the waiting jobs, the next one first.
  const std::vector<std::string>& Order() const {
    // Only once somebody asks: while jobs arrive by the thousand, hardly one picture is ever looked at.
    std::call_once(ordered_, [this] {
      order_ = WaitingOrder(scene.state, scene.at_us);
      size_t position = 0;
      for (const std::string& id : order_) positions_.emplace(id, ++position);
    });
    return order_;
  }

 private:
  mutable std::once_flag ordered_;
  mutable std::vector<std::string> order_;                     // set under ordered_
  mutable std::unordered_map<std::string, size_t> positions_;  // set under ordered_
};

/// Where the scheduler's loop keeps its scene for everyone to read. Safe to call from any thread.
class Board {
 public:
  /// Lets the loop change the scene; no picture is taken meanwhile.
  template <typename F>
  auto Change(F change) {
    const std::scoped_lock lock(mutex_);
    latest_ = nullptr;
    return change(scene_);
  }
  /// A picture of the scene as it is, which the loop does not wait for: it is taken when the first one asks for it
  /// after a change, and shared by all who do.
  std::shared_ptr<const Picture> Latest() {
    const std::scoped_lock lock(mutex_);
    if (latest_ == nullptr) latest_ = std::make_shared<const Picture>(scene_);
    return latest_;
  }
  /// What `look` reads of the scene, for what is read quicker than copied: the loop waits meanwhile.
  template <typename F>
  auto Look(F look) {
    const std::scoped_lock lock(mutex_);
    return look(std::as_const(scene_));
  }

 private:
  std::mutex mutex_;  // guards scene_ and latest_
  Scene scene_;
  std::shared_ptr<const Picture> latest_;  // of scene_; null: nobody asked since it changed
};

}  // namespace orrery::jobs::internal
