#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "jobs/cluster_state.h"

namespace orrery::jobs::internal {

/// The first blocked job, with the earliest time at which it fits when running jobs end as expected.
struct Head {
  int slot = 0;
  int64_t at_us = 0;
  Spot spot;
  std::vector<Resources> spare;  ///< what it leaves over at that time, on each machine of `spot`
};

/// What this decision gave to a job.
struct Grant {
  int slot = 0;
  Spot spot;
  int64_t ends_us = 0;  ///< as expected
  /// What it still waits for on each machine of `spot`, until preempted jobs have ended; empty: nothing.
  std::vector<Resources> owed;
};

/// When and where job `slot` fits, given what is `free`, what its queue's limit leaves (nothing: no limit), and the
/// expected ends of what runs and of `grants`. A job that runs longer than expected is expected to run as long
/// again: the longer one has run, the longer it tends to go on. Nothing when it never fits. Costs a step for each
/// job that ends before.
std::optional<Head> Reserve(const ClusterState& state, const FreeNodes& free,
                            const std::vector<Grant>& grants, std::optional<Resources> limit_left, int slot,
                            int64_t now_us);

/// What may be taken though the head waits: until its time everything that is free, beyond it only what it leaves.
class Backfill {
 public:
  Backfill(Head head, const FreeNodes& free);

  const Head& head() const { return head_; }
  /// Whether a job that starts at `now_us` is gone when the head starts.
  bool EndsBefore(int64_t now_us, int64_t estimate_us) const {
    return estimate_us < kUnknownDurationUs && now_us + estimate_us <= head_.at_us;
  }
  /// What jobs may take that stay longer than the head waits.
  const FreeNodes& open() const { return open_; }
  bool Reserves(const Spot& spot) const;
  /// A job took `need` on `spot`, of which `free` is what is left; `stays` until after the head's time.
  void Take(const Spot& spot, const Resources& need, bool stays, const FreeNodes& free);

 private:
  Head head_;
  FreeNodes open_;
  std::unordered_map<int, size_t> places_;  // of the head's machines in head_.spare
};

}  // namespace orrery::jobs::internal
