#include "jobs/cluster_state.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace orrery::jobs {
namespace {

// 3.2 GPU hours, as in Tiresias.
constexpr int64_t kQuantumUs = 11'520'000'000;
constexpr double kDayUs = 86'400e6;
// Beyond every submission time: with no ageing, the second level is behind all of the first.
constexpr double kBehindAllUs = 1e18;

void Count(std::map<int64_t, int>& counts, int64_t value, int by) {
  const auto found = counts.try_emplace(value, 0).first;
  found->second += by;
  if (found->second == 0) counts.erase(found);
}

int64_t ServiceOf(const WaitingJob& job, int64_t ran_us) {
  return job.service_us + std::max<int64_t>(ran_us, 0) * job.Width();
}

double PlaceByService(const ClusterState::Entry& entry, const QueuePolicy& policy, int64_t now_us) {
  const bool over = ServiceOf(entry.job, entry.running ? now_us - entry.started_us : 0) >= kQuantumUs;
  if (policy.age_weight == 0) return over ? kBehindAllUs : 0;
  return policy.age_weight * static_cast<double>(entry.job.submitted_us) + (over ? kDayUs : 0);
}

double PlaceByDuration(const ClusterState::Entry& entry, const QueuePolicy& policy, int64_t now_us) {
  const int64_t left =
      entry.running ? std::max<int64_t>(entry.expected_end_us - now_us, 0) : entry.job.estimate_us;
  return static_cast<double>(left) + policy.age_weight * static_cast<double>(entry.job.submitted_us);
}

}  // namespace

RankKey RankOf(const ClusterState::Entry& entry, int slot, const QueuePolicy& policy, int64_t now_us) {
  RankKey key{.less_priority = -entry.job.priority, .sequence = entry.job.sequence, .slot = slot};
  if (policy.order == QueueOrder::kShortest) key.place = PlaceByDuration(entry, policy, now_us);
  if (policy.order == QueueOrder::kService) key.place = PlaceByService(entry, policy, now_us);
  return key;
}

std::optional<int64_t> NextRankChange(const WaitingJob& job, const QueuePolicy& policy, int64_t started_us,
                                      int64_t now_us) {
  if (policy.order != QueueOrder::kService || !policy.preemptive) return std::nullopt;
  const int64_t left = kQuantumUs - ServiceOf(job, now_us - started_us);
  const int64_t width = std::max<int64_t>(job.Width(), 1);
  if (left <= 0) return std::nullopt;
  return now_us + (left + width - 1) / width;
}

void ClusterState::SetNodes(const std::vector<SchedulerNode>& nodes) {
  std::set<std::string> types;
  for (const SchedulerNode& node : nodes) {
    for (const auto& [type, count] : node.total.gpus) types.insert(type);
  }
  gpu_types_.assign(types.begin(), types.end());
  node_names_.clear();
  node_numbers_.clear();
  capacity_ = {};
  std::vector<Resources> amounts;
  std::vector<std::vector<int64_t>> gpus;
  for (const SchedulerNode& node : nodes) {
    node_numbers_.emplace(node.name, static_cast<int>(node_names_.size()));
    node_names_.push_back(node.name);
    amounts.push_back(node.total.Sum());
    capacity_ += amounts.back();
    std::vector<int64_t>& row = gpus.emplace_back();
    for (const std::string& type : gpu_types_) {
      const auto found = node.total.gpus.find(type);
      row.push_back(found == node.total.gpus.end() ? 0 : found->second);
    }
  }
  total_ = FreeNodes(amounts, gpus, static_cast<int>(gpu_types_.size()));
  free_ = total_;
  for (Entry& entry : entries_) entry.demand = DemandOf(entry.job);
  for (const auto& [id, slot] : slots_) {
    Entry& entry = entries_[static_cast<size_t>(slot)];
    if (!entry.running) continue;
    entry.spot = SpotOf(entry.node_names, entry.gpu_type);
    free_.Take(entry.spot, entry.job.need);
  }
}

void ClusterState::SetQueues(Queues queues) {
  configured_ = std::move(queues);
  for (Queue& queue : queues_) {
    const auto found = configured_.find(queue.name);
    queue.config = found == configured_.end() ? QueueConfig{} : found->second;
    std::set<RankKey> waiting;
    for (const RankKey& key : queue.waiting)
      waiting.insert(RankOf(entry(key.slot), key.slot, queue.config.policy, 0));
    queue.waiting = std::move(waiting);
  }
  for (const auto& [name, config] : configured_) QueueOf(name);
}

int ClusterState::QueueOf(const std::string& name) {
  const auto [found, added] = queue_numbers_.try_emplace(name, static_cast<int>(queues_.size()));
  if (added) {
    const auto configured = configured_.find(name);
    queues_.push_back({.name = name,
                       .config = configured == configured_.end() ? QueueConfig{} : configured->second,
                       .used = {},
                       .running = 0,
                       .waiting = {}});
  }
  return found->second;
}

Demand ClusterState::DemandOf(const WaitingJob& job) const {
  Demand demand{.need = job.need, .nodes = std::max(job.nodes, 1)};
  if (job.gpu_type.empty() || job.need.gpus == 0) return demand;
  const auto found = std::lower_bound(gpu_types_.begin(), gpu_types_.end(), job.gpu_type);
  const bool known = found != gpu_types_.end() && *found == job.gpu_type;
  demand.gpu_type = known ? static_cast<int>(found - gpu_types_.begin()) : kUnknownGpuType;
  return demand;
}

Spot ClusterState::SpotOf(const std::vector<std::string>& nodes, const std::string& gpu_type) const {
  Spot spot;
  for (const std::string& name : nodes) {
    const auto found = node_numbers_.find(name);
    if (found != node_numbers_.end()) spot.nodes.push_back(found->second);
  }
  const auto found = std::lower_bound(gpu_types_.begin(), gpu_types_.end(), gpu_type);
  if (found != gpu_types_.end() && *found == gpu_type)
    spot.gpu_type = static_cast<int>(found - gpu_types_.begin());
  return spot;
}

int ClusterState::Add(WaitingJob job) {
  Remove(job.id);
  int slot = static_cast<int>(entries_.size());
  if (vacant_.empty()) {
    entries_.emplace_back();
  } else {
    slot = vacant_.back();
    vacant_.pop_back();
  }
  Entry& entry = entries_[static_cast<size_t>(slot)];
  entry = Entry{.demand = DemandOf(job), .queue = QueueOf(job.queue), .job = std::move(job)};
  slots_.emplace(entry.job.id, slot);
  return slot;
}

void ClusterState::CountNeed(const Resources& need, int by) {
  Count(needs_[0], need.millicpus, by);
  Count(needs_[1], need.memory_bytes, by);
  Count(needs_[2], need.gpus, by);
}

void ClusterState::Line(int slot) {
  const Entry& entry = entries_[static_cast<size_t>(slot)];
  Queue& queue = queues_[static_cast<size_t>(entry.queue)];
  queue.waiting.insert(RankOf(entry, slot, queue.config.policy, 0));
  CountNeed(entry.job.need, 1);
}

void ClusterState::Unline(int slot) {
  const Entry& entry = entries_[static_cast<size_t>(slot)];
  Queue& queue = queues_[static_cast<size_t>(entry.queue)];
  queue.waiting.erase(RankOf(entry, slot, queue.config.policy, 0));
  CountNeed(entry.job.need, -1);
}

void ClusterState::Hold(int slot) {
  const Entry& entry = entries_[static_cast<size_t>(slot)];
  free_.Take(entry.spot, entry.job.need);
  Queue& queue = queues_[static_cast<size_t>(entry.queue)];
  queue.used += entry.demand.Total();
  ++queue.running;
  ends_.insert({entry.expected_end_us, entry.job.sequence, slot});
  Count(running_priorities_, entry.job.priority, 1);
  preempting_ += entry.preempting ? 1 : 0;
}

void ClusterState::Release(int slot) {
  const Entry& entry = entries_[static_cast<size_t>(slot)];
  free_.Give(entry.spot, entry.job.need);
  Queue& queue = queues_[static_cast<size_t>(entry.queue)];
  queue.used -= entry.demand.Total();
  --queue.running;
  ends_.erase({entry.expected_end_us, entry.job.sequence, slot});
  Count(running_priorities_, entry.job.priority, -1);
  preempting_ -= entry.preempting ? 1 : 0;
}

void ClusterState::Put(WaitingJob job) {
  Line(Add(std::move(job)));
}

void ClusterState::Put(RunningJob running) {
  const Spot spot = SpotOf(running.nodes, running.gpu_type);
  const int slot = Add(std::move(running.job));
  Entry& entry = entries_[static_cast<size_t>(slot)];
  entry.running = true;
  entry.preempting = running.preempting;
  entry.spot = spot;
  entry.node_names = std::move(running.nodes);
  entry.gpu_type = std::move(running.gpu_type);
  entry.started_us = running.started_us;
  entry.expected_end_us = running.expected_end_us;
  Hold(slot);
}

void ClusterState::Remove(const std::string& id) {
  const auto found = slots_.find(id);
  if (found == slots_.end()) return;
  const int slot = found->second;
  if (entry(slot).running) {
    Release(slot);
  } else {
    Unline(slot);
  }
  slots_.erase(found);
  entries_[static_cast<size_t>(slot)] = Entry{};
  vacant_.push_back(slot);
}

void ClusterState::Start(const Placement& placement, int64_t now_us) {
  const auto slot = Find(placement.job_id);
  ORRERY_CHECK(slot.has_value());
  ORRERY_CHECK(!entry(*slot).running);
  WaitingJob job = entry(*slot).job;
  const int64_t estimate = job.estimate_us;
  Put(RunningJob{.job = std::move(job),
                 .nodes = placement.nodes,
                 .gpu_type = placement.gpu_type,
                 .started_us = now_us,
                 .expected_end_us = now_us + estimate});
}

void ClusterState::Preempt(const std::string& id, int64_t ends_by_us) {
  const auto slot = Find(id);
  ORRERY_CHECK(slot.has_value());
  Entry& entry = entries_[static_cast<size_t>(*slot)];
  ORRERY_CHECK(entry.running);
  ends_.erase({entry.expected_end_us, entry.job.sequence, *slot});
  if (!entry.preempting) ++preempting_;
  entry.preempting = true;
  entry.expected_end_us = ends_by_us;
  ends_.insert({entry.expected_end_us, entry.job.sequence, *slot});
}

std::optional<int> ClusterState::Find(const std::string& id) const {
  const auto found = slots_.find(id);
  if (found == slots_.end()) return std::nullopt;
  return found->second;
}

std::optional<int> ClusterState::promised() const {
  if (!promised_) return std::nullopt;
  const auto slot = Find(*promised_);
  if (!slot || entry(*slot).running) return std::nullopt;
  return slot;
}

std::vector<int> ClusterState::heirs() const {
  std::vector<int> slots;
  for (const std::string& id : heirs_) {
    const auto slot = Find(id);
    if (slot && !entry(*slot).running) slots.push_back(*slot);
  }
  std::stable_sort(slots.begin(), slots.end(),
                   [&](int a, int b) { return entry(a).job.priority > entry(b).job.priority; });
  return slots;
}

Resources ClusterState::LeastNeed() const {
  if (needs_[0].empty()) return {};
  return {needs_[0].begin()->first, needs_[1].begin()->first, needs_[2].begin()->first};
}

std::optional<int> ClusterState::LowestRunning() const {
  if (running_priorities_.empty()) return std::nullopt;
  return static_cast<int>(running_priorities_.begin()->first);
}

std::string ClusterState::GpuTypeName(int type) const {
  return type < 0 ? std::string() : gpu_types_[static_cast<size_t>(type)];
}

Placement ClusterState::PlacementOf(int slot, const Spot& spot) const {
  Placement placement{.job_id = entry(slot).job.id, .nodes = {}, .gpu_type = GpuTypeName(spot.gpu_type)};
  for (const int node : spot.nodes) placement.nodes.push_back(NodeName(node));
  return placement;
}

std::map<std::string, NodeResources> FreeOf(const ClusterState& state) {
  std::map<std::string, NodeResources> all;
  for (int node = 0; node < state.free().nodes(); ++node) {
    const Resources sum = state.free().Of(node, kAnyGpuType);
    NodeResources free{.millicpus = sum.millicpus, .memory_bytes = sum.memory_bytes, .gpus = {}};
    for (int type = 0; type < state.free().types(); ++type) {
      if (state.total().Of(node, type).gpus > 0)
        free.gpus[state.GpuTypeName(type)] = state.free().Of(node, type).gpus;
    }
    all.emplace(state.NodeName(node), std::move(free));
  }
  return all;
}

}  // namespace orrery::jobs
