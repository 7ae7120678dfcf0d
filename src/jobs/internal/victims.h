#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "jobs/cluster_state.h"

namespace orrery::jobs::internal {

/// A running job that may be asked to end.
struct Candidate {
  int slot = 0;
  int priority = 0;
  int64_t lost_us = 0;  ///< GPU time (without GPUs: CPU time) since its attempt started
};

/// Sorts `candidates` by who is asked first: the lowest priority, then the least lost work, then the youngest.
void SortByCost(const ClusterState& state, std::vector<Candidate>& candidates);

/// Chooses among `candidates`, sorted by cost, those without which `demand` fits on machines that are `allowed`,
/// given what is `free` or coming free: for each machine the cheapest, of all machines the cheapest, and nobody
/// whom the others make needless. Empty when all of them together do not make it fit.
std::vector<int> ChooseVictims(const ClusterState& state, const FreeNodes& free, const Demand& demand,
                               const std::vector<Candidate>& candidates,
                               const std::function<bool(int node)>& allowed);

}  // namespace orrery::jobs::internal
