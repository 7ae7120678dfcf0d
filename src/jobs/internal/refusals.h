#pragma once

#include <algorithm>
#include <vector>

#include "jobs/free_nodes.h"

namespace orrery::jobs::internal {

/// Demands that were looked for and not found, so that nobody who asks for as much is looked for again. Holds as
/// long as what is free only shrinks.
class Refusals {
 public:
  bool Cover(const Demand& demand) const {
    return std::any_of(least_.begin(), least_.end(),
                       [&](const Demand& refused) { return Implies(refused, demand); });
  }
  void Add(const Demand& demand) {
    std::erase_if(least_, [&](const Demand& refused) { return Implies(demand, refused); });
    if (least_.size() < kMost) least_.push_back(demand);
  }

 private:
  // Each costs every later job a comparison; more than these are looked for again.
  static constexpr size_t kMost = 24;

  static bool Implies(const Demand& refused, const Demand& demand) {
    return demand.nodes >= refused.nodes && demand.need.Covers(refused.need) &&
           (refused.gpu_type == kAnyGpuType || refused.gpu_type == demand.gpu_type);
  }

  std::vector<Demand> least_;
};

}  // namespace orrery::jobs::internal
