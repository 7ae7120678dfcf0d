#include "jobs/internal/victims.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace orrery::jobs::internal {
namespace {

/// What clearing one machine, or several, costs.
struct Clearing {
  int priority = INT32_MIN;  // the highest that has to end
  int64_t lost_us = 0;
  std::vector<size_t> victims;  // indices of candidates
  int node = 0;

  bool operator<(const Clearing& other) const {
    return std::tie(priority, lost_us, node) < std::tie(other.priority, other.lost_us, other.node);
  }
};

class Choice {
 public:
  Choice(const ClusterState& state, const FreeNodes& free, const Demand& demand,
         const std::vector<Candidate>& candidates)
      : state_(state), free_(free), demand_(demand), candidates_(candidates) {
    for (size_t i = 0; i < candidates.size(); ++i) {
      for (const int node : state.entry(candidates[i].slot).spot.nodes) on_[node].push_back(i);
    }
  }

  /// The cheapest way to have `demand` on GPUs of `type`.
  std::optional<Clearing> For(int type, const std::function<bool(int)>& allowed) const {
    std::vector<Clearing> ways;
    for (int node = 0; node < free_.nodes(); ++node) {
      if (!allowed(node) || !state_.total().Covers(node, type, demand_.need)) continue;
      if (auto way = Clear(node, type)) ways.push_back(std::move(*way));
    }
    const auto wanted = static_cast<size_t>(demand_.nodes);
    if (ways.size() < wanted) return std::nullopt;
    std::sort(ways.begin(), ways.end());
    ways.resize(wanted);
    return Merge(ways, type);
  }

 private:
  Resources Gives(size_t candidate, int type) const {
    const ClusterState::Entry& entry = state_.entry(candidates_[candidate].slot);
    Resources gives = entry.job.need;
    if (type >= 0 && entry.spot.gpu_type != type) gives.gpus = 0;
    return gives;
  }

  std::optional<Clearing> Clear(int node, int type) const {
    Resources has = free_.Of(node, type);
    Clearing way{.node = node};
    const auto here = on_.find(node);
    if (here != on_.end()) {
      for (const size_t candidate : here->second) {
        if (has.Covers(demand_.need)) break;
        has += Gives(candidate, type);
        way.victims.push_back(candidate);
      }
    }
    if (!has.Covers(demand_.need)) return std::nullopt;
    for (size_t i = way.victims.size(); i-- > 0;) {
      const Resources without = has - Gives(way.victims[i], type);
      if (!without.Covers(demand_.need)) continue;
      has = without;
      way.victims.erase(way.victims.begin() + static_cast<std::ptrdiff_t>(i));
    }
    Price(way);
    return way;
  }

  void Price(Clearing& way) const {
    way.priority = INT32_MIN;
    way.lost_us = 0;
    for (const size_t candidate : way.victims) {
      way.priority = std::max(way.priority, candidates_[candidate].priority);
      way.lost_us += candidates_[candidate].lost_us;
    }
  }

  bool CoveredWithout(const std::set<size_t>& victims, size_t spared, const std::vector<Clearing>& ways,
                      int type) const {
    return std::all_of(ways.begin(), ways.end(), [&](const Clearing& way) {
      Resources has = free_.Of(way.node, type);
      const auto here = on_.find(way.node);
      if (here != on_.end()) {
        for (const size_t candidate : here->second) {
          if (candidate != spared && victims.contains(candidate)) has += Gives(candidate, type);
        }
      }
      return has.Covers(demand_.need);
    });
  }

  // A gang that ends for one machine clears its others too, and may make further victims there needless.
  Clearing Merge(const std::vector<Clearing>& ways, int type) const {
    std::set<size_t> victims;
    for (const Clearing& way : ways) victims.insert(way.victims.begin(), way.victims.end());
    const std::vector<size_t> dear_last(victims.begin(), victims.end());
    for (size_t i = dear_last.size(); ways.size() > 1 && i-- > 0;) {
      if (CoveredWithout(victims, dear_last[i], ways, type)) victims.erase(dear_last[i]);
    }
    Clearing all{.victims = {victims.begin(), victims.end()}};
    Price(all);
    return all;
  }

  const ClusterState& state_;
  const FreeNodes& free_;
  const Demand& demand_;
  const std::vector<Candidate>& candidates_;
  std::map<int, std::vector<size_t>> on_;  // candidates by machine, cheapest first
};

}  // namespace

void SortByCost(const ClusterState& state, std::vector<Candidate>& candidates) {
  const auto cost = [&](const Candidate& candidate) {
    return std::tuple(candidate.priority, candidate.lost_us, -state.entry(candidate.slot).job.sequence);
  };
  std::sort(candidates.begin(), candidates.end(),
            [&](const Candidate& a, const Candidate& b) { return cost(a) < cost(b); });
}

std::vector<int> ChooseVictims(const ClusterState& state, const FreeNodes& free, const Demand& demand,
                               const std::vector<Candidate>& candidates,
                               const std::function<bool(int node)>& allowed) {
  if (candidates.empty() || demand.gpu_type == kUnknownGpuType) return {};
  const Choice choice(state, free, demand, candidates);
  std::optional<Clearing> best;
  const bool any = demand.gpu_type == kAnyGpuType && demand.need.gpus > 0;
  for (int type = any ? 0 : demand.gpu_type; type < (any ? free.types() : demand.gpu_type + 1); ++type) {
    auto clearing = choice.For(type, allowed);
    if (clearing && (!best || *clearing < *best)) best = std::move(clearing);
  }
  std::vector<int> slots;
  if (best) {
    for (const size_t victim : best->victims) slots.push_back(candidates[victim].slot);
  }
  return slots;
}

}  // namespace orrery::jobs::internal
