#include "jobs/internal/head.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace orrery::jobs::internal {
namespace {

/// What is free, and what comes free as jobs end.
class Projection {
 public:
  Projection(const FreeNodes& free, const Demand& demand)
      : free_(free),
        demand_(demand),
        freed_(static_cast<size_t>(free.nodes())),
        freed_gpus_(static_cast<size_t>(free.nodes()) * static_cast<size_t>(free.types())) {
    const bool any = demand.gpu_type == kAnyGpuType && demand.need.gpus > 0;
    for (int type = 0; any && type < free.types(); ++type) types_.push_back(type);
    if (!any && demand.gpu_type != kUnknownGpuType) types_.push_back(demand.gpu_type);
    for (const int type : types_) covering_.push_back(CountCovering(type));
  }

  /// The GPU type of which enough machines cover the demand; kUnknownGpuType when there is none.
  int Fits() const {
    for (size_t i = 0; i < types_.size(); ++i) {
      if (covering_[i] >= demand_.nodes) return types_[i];
    }
    return kUnknownGpuType;
  }

  void Give(const Spot& spot, const Resources& need) {
    for (const int node : spot.nodes) {
      for (size_t i = 0; i < types_.size(); ++i) covering_[i] -= Covers(node, types_[i]) ? 1 : 0;
      freed_[static_cast<size_t>(node)] += need;
      if (spot.gpu_type >= 0) freed_gpus_[Place(node, spot.gpu_type)] += need.gpus;
      for (size_t i = 0; i < types_.size(); ++i) covering_[i] += Covers(node, types_[i]) ? 1 : 0;
    }
  }

  Resources Of(int node, int type) const {
    Resources amount = free_.Of(node, type);
    const Resources& freed = freed_[static_cast<size_t>(node)];
    amount += {freed.millicpus, freed.memory_bytes, type >= 0 ? freed_gpus_[Place(node, type)] : freed.gpus};
    return amount;
  }

  /// The covering machines with the least left over.
  Spot Choose(int type) const {
    std::vector<std::tuple<int64_t, int64_t, int>> covering;
    for (int node = 0; node < free_.nodes(); ++node) {
      const Resources amount = Of(node, type);
      if (amount.Covers(demand_.need)) covering.emplace_back(amount.gpus, amount.millicpus, node);
    }
    std::sort(covering.begin(), covering.end());
    Spot spot{.nodes = {}, .gpu_type = type};
    for (int i = 0; i < demand_.nodes; ++i)
      spot.nodes.push_back(std::get<2>(covering[static_cast<size_t>(i)]));
    return spot;
  }

 private:
  size_t Place(int node, int type) const {
    return static_cast<size_t>(node) * static_cast<size_t>(free_.types()) + static_cast<size_t>(type);
  }
  bool Covers(int node, int type) const { return Of(node, type).Covers(demand_.need); }
  int CountCovering(int type) const {
    int count = 0;
    for (int node = 0; node < free_.nodes(); ++node) count += Covers(node, type) ? 1 : 0;
    return count;
  }

  const FreeNodes& free_;
  const Demand demand_;
  std::vector<Resources> freed_;
  std::vector<int64_t> freed_gpus_;
  std::vector<int> types_;     // that would do
  std::vector<int> covering_;  // how many machines cover the demand, for each of them
};

}  // namespace

std::optional<Head> Reserve(const ClusterState& state, const FreeNodes& free,
                            const std::vector<Grant>& grants, std::optional<Resources> limit_left, int slot,
                            int64_t now_us) {
  const Demand& demand = state.entry(slot).demand;
  const auto within = [&] { return !limit_left || limit_left->CoversKindsOf(demand.Total()); };
  Projection projection(free, demand);
  // Ends that are not where the state has them: of what this decision started, and of what is overdue.
  std::vector<std::pair<ClusterState::End, const Spot*>> moved;
  for (const Grant& grant : grants) {
    moved.push_back({{grant.ends_us, state.entry(grant.slot).job.sequence, grant.slot}, &grant.spot});
    for (size_t i = 0; i < grant.owed.size(); ++i)
      projection.Give({{grant.spot.nodes[i]}, grant.spot.gpu_type}, Resources{} - grant.owed[i]);
  }
  auto next = state.ends().begin();
  for (; next != state.ends().end() && next->at_us < now_us; ++next) {
    const ClusterState::Entry& entry = state.entry(next->slot);
    const int64_t ran_us = std::max<int64_t>(now_us - entry.started_us, 0);
    moved.push_back({{now_us + ran_us, next->sequence, next->slot}, &entry.spot});
  }
  std::sort(moved.begin(), moved.end());
  auto next_moved = moved.begin();
  int64_t at_us = now_us;
  while (projection.Fits() == kUnknownGpuType || !within()) {
    const bool more = next != state.ends().end();
    if (!more && next_moved == moved.end()) return std::nullopt;
    const bool from_moved = next_moved != moved.end() && (!more || next_moved->first < *next);
    const ClusterState::End& end = from_moved ? next_moved->first : *next;
    const ClusterState::Entry& entry = state.entry(end.slot);
    projection.Give(from_moved ? *next_moved->second : entry.spot, entry.job.need);
    if (limit_left && entry.queue == state.entry(slot).queue) *limit_left += entry.demand.Total();
    at_us = std::max(at_us, end.at_us);
    if (from_moved) {
      ++next_moved;
    } else {
      ++next;
    }
  }
  Head head{.slot = slot, .at_us = at_us, .spot = projection.Choose(projection.Fits()), .spare = {}};
  for (const int node : head.spot.nodes)
    head.spare.push_back(projection.Of(node, head.spot.gpu_type) - demand.need);
  return head;
}

Backfill::Backfill(Head head, const FreeNodes& free) : head_(std::move(head)), open_(free) {
  for (size_t i = 0; i < head_.spot.nodes.size(); ++i) {
    const int node = head_.spot.nodes[i];
    places_.emplace(node, i);
    const Resources has = free.Of(node, head_.spot.gpu_type);
    open_.Take({{node}, head_.spot.gpu_type}, has - Resources::Least(has, head_.spare[i]));
  }
}

bool Backfill::Reserves(const Spot& spot) const {
  return std::any_of(spot.nodes.begin(), spot.nodes.end(), [&](int node) { return places_.contains(node); });
}

void Backfill::Take(const Spot& spot, const Resources& need, bool stays, const FreeNodes& free) {
  for (const int node : spot.nodes) {
    const auto found = places_.find(node);
    if (found == places_.end()) {
      open_.Take({{node}, spot.gpu_type}, need);
      continue;
    }
    const int type = head_.spot.gpu_type;
    const bool same_gpus = spot.gpu_type == type || need.gpus == 0;
    Resources& spare = head_.spare[found->second];
    if (stays) spare -= {need.millicpus, need.memory_bytes, same_gpus ? need.gpus : 0};
    if (!same_gpus) open_.Take({{node}, spot.gpu_type}, {.gpus = need.gpus});
    open_.Take({{node}, type}, open_.Of(node, type) - Resources::Least(free.Of(node, type), spare));
  }
}

}  // namespace orrery::jobs::internal
