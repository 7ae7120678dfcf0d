#include "jobs/scheduler.h"

#include "jobs/internal/pass.h"
#include "jobs/internal/turn_order.h"

namespace orrery::jobs {

Decisions Decide(const ClusterState& state, int64_t now_us) {
  return internal::Pass(state, now_us).Run();
}

std::vector<std::string> WaitingOrder(const ClusterState& state, int64_t now_us) {
  std::vector<std::string> ids;
  internal::TurnOrder order(state, now_us);
  while (const auto slot = order.Next()) {
    const ClusterState::Entry& entry = state.entry(*slot);
    order.Charge(entry.queue, entry.demand.Total());
    if (!entry.running) ids.push_back(entry.job.id);
  }
  return ids;
}

}  // namespace orrery::jobs
