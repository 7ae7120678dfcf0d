#include "jobs/scheduler.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace orrery::jobs {
namespace {

/// A machine while the decision is made.
struct Slot {
  const SchedulerNode* node = nullptr;
  Resources free;
  Resources kept;  ///< part of `free` that waits for the head

  Resources Open() const {
    Resources open = free;
    open -= kept;
    return open;
  }
};

bool RanksBefore(const WaitingJob& a, const WaitingJob& b) {
  return std::tuple(-a.priority, a.sequence) < std::tuple(-b.priority, b.sequence);
}

Resources Least(const Resources& a, const Resources& b) {
  return {std::min(a.millicpus, b.millicpus), std::min(a.memory_bytes, b.memory_bytes),
          std::min(a.gpus, b.gpus)};
}

/// How far `free` is from `need`, as the sum of the missing shares of the need.
double Shortfall(const Resources& free, const Resources& need) {
  const auto share = [](int64_t has, int64_t wants) {
    return wants > has ? static_cast<double>(wants - has) / static_cast<double>(wants) : 0.0;
  };
  return share(free.millicpus, need.millicpus) + share(free.memory_bytes, need.memory_bytes) +
         share(free.gpus, need.gpus);
}

/// The machines that `job` can have now: those with the least left over come first, so that large gaps stay.
std::vector<Slot*> Fit(std::vector<Slot>& slots, const WaitingJob& job) {
  std::vector<Slot*> chosen;
  for (Slot& slot : slots) {
    if (slot.Open().Covers(job.need)) chosen.push_back(&slot);
  }
  if (static_cast<int>(chosen.size()) < job.nodes) return {};
  std::stable_sort(chosen.begin(), chosen.end(), [](const Slot* a, const Slot* b) {
    return std::tuple(a->free.gpus, a->free.millicpus) < std::tuple(b->free.gpus, b->free.millicpus);
  });
  chosen.resize(static_cast<size_t>(job.nodes));
  return chosen;
}

/// Keeps for the head what it needs on the machines where it lacks least. False when it could never run.
bool Keep(std::vector<Slot>& slots, const WaitingJob& head) {
  std::vector<Slot*> able;
  for (Slot& slot : slots) {
    if (slot.node->total.Covers(head.need)) able.push_back(&slot);
  }
  if (static_cast<int>(able.size()) < head.nodes) return false;
  std::stable_sort(able.begin(), able.end(), [&](const Slot* a, const Slot* b) {
    return Shortfall(a->free, head.need) < Shortfall(b->free, head.need);
  });
  for (int i = 0; i < head.nodes; ++i)
    able[static_cast<size_t>(i)]->kept = Least(able[static_cast<size_t>(i)]->free, head.need);
  return true;
}

}  // namespace

std::map<std::string, Resources> FreeOf(const ClusterState& state) {
  std::map<std::string, Resources> free;
  for (const SchedulerNode& node : state.nodes) free[node.name] = node.total;
  for (const RunningJob& job : state.running) {
    for (const std::string& name : job.nodes) {
      const auto found = free.find(name);
      if (found != free.end()) found->second -= job.need;
    }
  }
  return free;
}

Decisions Decide(ClusterState state) {
  Decisions decisions;
  std::sort(state.waiting.begin(), state.waiting.end(), RanksBefore);
  const std::map<std::string, Resources> free = FreeOf(state);
  std::vector<Slot> slots;
  for (const SchedulerNode& node : state.nodes) slots.push_back({.node = &node, .free = free.at(node.name)});

  std::vector<WaitingJob> still_waiting;
  for (WaitingJob& job : state.waiting) {
    const std::vector<Slot*> chosen = Fit(slots, job);
    if (chosen.empty()) {
      if (decisions.head.empty() && Keep(slots, job)) decisions.head = job.id;
      still_waiting.push_back(std::move(job));
      continue;
    }
    Placement placement{.job_id = job.id};
    for (Slot* slot : chosen) {
      slot->free -= job.need;
      placement.nodes.push_back(slot->node->name);
    }
    state.running.push_back({.id = job.id, .name = job.name, .nodes = placement.nodes, .need = job.need});
    decisions.placements.push_back(std::move(placement));
  }
  state.waiting = std::move(still_waiting);
  decisions.after = std::move(state);
  return decisions;
}

}  // namespace orrery::jobs
