#include "jobs/queue_use.h"

#include <algorithm>

#include "jobs/internal/turn_order.h"

namespace orrery::jobs {

std::vector<QueueUse> UseOf(const ClusterState& state) {
  std::vector<QueueUse> all;
  for (const ClusterState::Queue& queue : state.queues()) {
    all.push_back({.name = queue.name,
                   .guaranteed = queue.config.guaranteed,
                   .limit = queue.config.limit,
                   .weight = queue.config.weight,
                   .policy = std::string(NameOf(queue.config.policy).value_or("")),
                   .share = internal::DominantShare(queue.used, state.capacity()),
                   .cpus_used = static_cast<double>(queue.used.millicpus) / 1000,
                   .memory_used_bytes = queue.used.memory_bytes,
                   .gpus_used = queue.used.gpus,
                   .jobs_running = queue.running,
                   .jobs_waiting = static_cast<int64_t>(queue.waiting.size())});
  }
  std::sort(all.begin(), all.end(), [](const QueueUse& a, const QueueUse& b) { return a.name < b.name; });
  return all;
}

}  // namespace orrery::jobs
