#include "jobs/free_nodes.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace orrery::jobs {

bool FreeNodes::Entry::operator<(const Entry& other) const {
  return std::tie(gpus, millicpus, node) < std::tie(other.gpus, other.millicpus, other.node);
}

FreeNodes::FreeNodes(const std::vector<Resources>& nodes, const std::vector<std::vector<int64_t>>& gpus,
                     int types)
    : types_(types), amounts_(nodes), free_gpus_(static_cast<size_t>(types)), orders_(free_gpus_.size() + 1) {
  for (size_t node = 0; node < nodes.size(); ++node) {
    amounts_[node].gpus = 0;
    for (size_t type = 0; type < free_gpus_.size(); ++type) {
      const int64_t count = gpus[node][type];
      gpus_.push_back(static_cast<int32_t>(count));
      has_.push_back(count > 0 ? 1 : 0);
      amounts_[node].gpus += count;
      free_gpus_[type] += count;
      if (count > 0) orders_[type].push_back(EntryOf(static_cast<int>(node), static_cast<int>(type)));
    }
  }
  for (int node = 0; node < static_cast<int>(nodes.size()); ++node)
    orders_.back().push_back(EntryOf(node, types_));
  for (Order& order : orders_) std::sort(order.begin(), order.end());
}

FreeNodes::Entry FreeNodes::EntryOf(int node, int type) const {
  const Resources& amount = amounts_[static_cast<size_t>(node)];
  const auto count = type == types_
                         ? static_cast<int32_t>(amount.gpus)
                         : gpus_[static_cast<size_t>(node) * free_gpus_.size() + static_cast<size_t>(type)];
  return {count, node, amount.millicpus};
}

Resources FreeNodes::Of(int node, int gpu_type) const {
  Resources free = amounts_[static_cast<size_t>(node)];
  if (gpu_type >= 0) free.gpus = EntryOf(node, gpu_type).gpus;
  return free;
}

std::optional<Spot> FreeNodes::FindIn(int type, const Demand& demand) const {
  const Order& order = orders_[static_cast<size_t>(type)];
  const Resources& need = demand.need;
  Spot spot{.gpu_type = type == types_ ? kAnyGpuType : type};
  if (static_cast<int>(order.size()) < demand.nodes) return std::nullopt;
  const auto at_least = [&](int64_t gpus) {
    return std::lower_bound(order.begin(), order.end(), Entry{static_cast<int32_t>(gpus), 0, need.millicpus});
  };
  for (auto entry = at_least(need.gpus); entry != order.end();) {
    if (entry->millicpus < need.millicpus) {  // the next count of GPUs begins below the CPUs that are needed
      entry = at_least(entry->gpus);
      continue;
    }
    if (amounts_[static_cast<size_t>(entry->node)].memory_bytes >= need.memory_bytes) {
      spot.nodes.push_back(entry->node);
      if (static_cast<int>(spot.nodes.size()) == demand.nodes) return spot;
    }
    ++entry;
  }
  return std::nullopt;
}

std::optional<Spot> FreeNodes::Find(const Demand& demand) const {
  if (demand.need.gpus == 0) return FindIn(types_, demand);
  if (demand.gpu_type == kUnknownGpuType) return std::nullopt;
  if (demand.gpu_type >= 0) return FindIn(demand.gpu_type, demand);
  if (types_ == 1) return FindIn(0, demand);
  std::vector<int> by_plenty(free_gpus_.size());
  std::iota(by_plenty.begin(), by_plenty.end(), 0);
  std::stable_sort(by_plenty.begin(), by_plenty.end(), [&](int a, int b) {
    return free_gpus_[static_cast<size_t>(a)] > free_gpus_[static_cast<size_t>(b)];
  });
  for (const int type : by_plenty) {
    if (auto spot = FindIn(type, demand)) return spot;
  }
  return std::nullopt;
}

void FreeNodes::Move(Order& order, const Entry& from, const Entry& to) {
  const auto old_place = std::lower_bound(order.begin(), order.end(), from);
  const auto new_place = std::lower_bound(order.begin(), order.end(), to);
  if (new_place > old_place) {
    std::move(old_place + 1, new_place, old_place);
    *(new_place - 1) = to;
  } else {
    std::move_backward(new_place, old_place, old_place + 1);
    *new_place = to;
  }
}

void FreeNodes::Change(int node, int gpu_type, const Resources& by) {
  if (by == Resources{}) return;
  const auto row = static_cast<size_t>(node);
  const int width = types_;
  for (int type = 0; type <= width; ++type) {
    if (type < width && has_[row * free_gpus_.size() + static_cast<size_t>(type)] == 0) continue;
    const Entry from = EntryOf(node, type);
    Entry to = from;
    to.millicpus += by.millicpus;
    if (type == width || type == gpu_type) to.gpus += static_cast<int32_t>(by.gpus);
    Move(orders_[static_cast<size_t>(type)], from, to);
  }
  amounts_[row] += by;
  if (gpu_type < 0) return;
  gpus_[row * free_gpus_.size() + static_cast<size_t>(gpu_type)] += static_cast<int32_t>(by.gpus);
  free_gpus_[static_cast<size_t>(gpu_type)] += by.gpus;
}

void FreeNodes::Take(const Spot& spot, const Resources& need) {
  for (const int node : spot.nodes) Change(node, spot.gpu_type, Resources{} - need);
}

void FreeNodes::Give(const Spot& spot, const Resources& need) {
  for (const int node : spot.nodes) Change(node, spot.gpu_type, need);
}

Resources FreeNodes::TakeUpTo(int node, int gpu_type, const Resources& need) {
  Resources taken = Resources::Least(Of(node, gpu_type), need);
  taken = {std::max<int64_t>(taken.millicpus, 0), std::max<int64_t>(taken.memory_bytes, 0),
           std::max<int64_t>(taken.gpus, 0)};
  Change(node, gpu_type, Resources{} - taken);
  return taken;
}

}  // namespace orrery::jobs
