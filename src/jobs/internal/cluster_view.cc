#include "jobs/internal/cluster_view.h"

#include <algorithm>

#include "jobs/queue_use.h"

namespace orrery::jobs::internal {
namespace {

double Cpus(int64_t millicpus) {
  return static_cast<double>(millicpus) / 1000;
}

std::optional<std::string> Known(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Instant At(int64_t micros) {
  return Instant(Microseconds(micros));
}

Node NodeOf(const SchedulerNode& node, const NodeResources& free) {
  Node out{.name = node.name,
           .cpus = Cpus(node.total.millicpus),
           .cpus_free = Cpus(free.millicpus),
           .memory_bytes = node.total.memory_bytes,
           .memory_free_bytes = free.memory_bytes,
           .gpus = node.total.Sum().gpus,
           .gpus_free = free.Sum().gpus};
  for (const auto& [type, total] : node.total.gpus) {
    const auto left = free.gpus.find(type);
    out.gpu_types.push_back({type, total, left == free.gpus.end() ? 0 : left->second});
  }
  return out;
}

Holder HolderOf(const ClusterState::Entry& entry) {
  const WaitingJob& job = entry.job;
  Holder out{.job_id = job.id,
             .name = job.name,
             .queue = job.queue,
             .priority = job.priority,
             .nodes = entry.node_names,
             .cpus = Cpus(job.need.millicpus),
             .memory_bytes = job.need.memory_bytes,
             .gpus = job.need.gpus,
             .gpu_type = Known(entry.gpu_type),
             .started_at = At(entry.started_us),
             .ending = entry.preempting};
  if (entry.expected_end_us - entry.started_us < kUnknownDurationUs)
    out.expected_end_at = At(entry.expected_end_us);
  return out;
}

Waiter WaiterOf(const WaitingJob& job, int64_t position, std::string reason) {
  return {.position = position,
          .job_id = job.id,
          .name = job.name,
          .queue = job.queue,
          .priority = job.priority,
          .nodes = job.nodes,
          .cpus = Cpus(job.need.millicpus),
          .memory_bytes = job.need.memory_bytes,
          .gpus = job.need.gpus,
          .gpu_type = Known(job.gpu_type),
          .reason = std::move(reason)};
}

}  // namespace

Cluster ViewOf(const Picture& picture, const std::vector<SchedulerNode>& nodes, size_t most, Instant now) {
  Cluster cluster{.queues = UseOf(picture.scene.state),
                  .jobs_running = static_cast<int64_t>(picture.scene.state.running()),
                  .jobs_waiting = static_cast<int64_t>(picture.scene.state.waiting())};
  ClusterState state = picture.scene.state;
  state.SetNodes(nodes);
  const auto free = FreeOf(state);
  for (const SchedulerNode& node : nodes) cluster.nodes.push_back(NodeOf(node, free.at(node.name)));
  for (const ClusterState::End& end : picture.scene.state.ends()) {
    if (cluster.running.size() >= most) break;
    cluster.running.push_back(HolderOf(picture.scene.state.entry(end.slot)));
  }
  if (most == 0) return cluster;
  for (const std::string& id : picture.Order()) {
    if (cluster.waiting.size() >= most) break;
    const WaitingJob& job = picture.scene.state.entry(picture.scene.state.Find(id).value()).job;
    const auto position = static_cast<int64_t>(cluster.waiting.size()) + 1;
    cluster.waiting.push_back(
        WaiterOf(job, position, picture.WhyWaits(id, "", now.time_since_epoch().count())));
  }
  return cluster;
}

}  // namespace orrery::jobs::internal
