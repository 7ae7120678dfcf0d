#include "jobs/internal/cluster_mirror.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "jobs/job_words.h"
#include "jobs/validate.h"

namespace orrery::jobs::internal {
namespace {

constexpr Microseconds kShortestRevisit = std::chrono::milliseconds(100);
constexpr Microseconds kLongestRevisit = std::chrono::hours(24);
// Each end pays for so many jobs to be estimated again: where there are more, they see it later.
constexpr size_t kEstimatesAnEnd = 64;

}  // namespace

void ClusterMirror::Learn(const EndedAttempt& attempt) {
  estimates_.Add(attempt.kind, attempt.ran_us);
  ++learned_;
}

std::vector<Todo> ClusterMirror::Decide(TrackedJobs& jobs, const std::set<JobId>& ending) {
  now_us_ = clock_.Now().time_since_epoch().count();
  const auto now = clock_.Monotonic();
  jobs.LetDue();
  return board_.Change([&](Scene& scene) -> std::vector<Todo> {
    const bool changed = TakeOver(scene, jobs, ending);
    if (!changed && !(revisit_at_ && *revisit_at_ <= now)) return {};
    scene.at_us = now_us_;
    scene.decisions = jobs::Decide(scene.state, now_us_);
    ++scene.decisions_made;
    PlanRevisit(scene.decisions);
    return Apply(scene, jobs);
  });
}

void ClusterMirror::PlanRevisit(const Decisions& decisions) {
  std::optional<int64_t> next_us = decisions.revisit_us;
  // A promise that was not kept by then moves on, and what is kept for it may be given to others meanwhile.
  if (const auto& reserved = decisions.reservation; reserved && reserved->at_us > now_us_)
    next_us = std::min(next_us.value_or(reserved->at_us), reserved->at_us);
  revisit_at_.reset();
  if (!next_us) return;
  revisit_at_ =
      clock_.Monotonic() + std::clamp(Microseconds(*next_us - now_us_), kShortestRevisit, kLongestRevisit);
}

bool ClusterMirror::TakeOver(Scene& scene, TrackedJobs& jobs, const std::set<JobId>& ending) {
  ClusterState& state = scene.state;
  std::set<JobId> moved = jobs.TakeMoved();
  bool changed = !trusted_;
  if (!trusted_) {
    state = ClusterState();
    state.SetQueues(queues_);
    state.Promise(
        scene.decisions.reservation ? std::optional(scene.decisions.reservation->job_id) : std::nullopt,
        scene.decisions.awaiting);
    nodes_.clear();
    for (const auto& [id, job] : jobs.all()) moved.insert(id);
    trusted_ = true;
  }
  changed |= TakeNodes(state);
  for (const JobId& id : moved) {
    const TrackedJob* job = jobs.Find(id);
    if (job != nullptr && (job->HoldsResources() || job->Waits())) {
      changed |= Put(state, *job);
    } else if (state.Find(id.text())) {
      state.Remove(id.text());
      changed = true;
    }
  }
  for (const JobId& id : ending) {
    if (!state.Find(id.text())) continue;
    state.Remove(id.text());
    changed = true;
  }
  return EstimateAgain(state, jobs) || changed;
}

bool ClusterMirror::TakeNodes(ClusterState& state) {
  std::vector<SchedulerNode> nodes;
  for (const ExecutorNode& node : executor_.Nodes()) nodes.push_back({node.name, CapacityOf(node)});
  if (nodes == nodes_) return false;
  state.SetNodes(nodes);
  nodes_ = std::move(nodes);
  return true;
}

bool ClusterMirror::Put(ClusterState& state, const TrackedJob& job) {
  return job.HoldsResources() ? PutRunning(state, job) : PutWaiting(state, job);
}

int64_t ClusterMirror::EstimateOf(const TrackedJob& job) const {
  return estimates_.Of(job.kind, job.timeout_us).value_or(kUnknownDurationUs);
}

bool ClusterMirror::PutWaiting(ClusterState& state, const TrackedJob& job) {
  WaitingJob waiting = job.job;
  waiting.estimate_us = EstimateOf(job);
  waiting.service_us = job.ran.count() * waiting.Width();
  const auto slot = state.Find(waiting.id);
  if (slot && !state.entry(*slot).running && state.entry(*slot).job == waiting) return false;
  state.Put(std::move(waiting));
  return true;
}

bool ClusterMirror::PutRunning(ClusterState& state, const TrackedJob& job) {
  const Attempt& attempt = job.standing.attempt.value();
  const bool ending = job.standing.preempting || job.standing.cancel_requested;
  const auto slot = state.Find(job.job.id);
  const ClusterState::Entry* known = slot && state.entry(*slot).running ? &state.entry(*slot) : nullptr;
  // What was estimated at its start stands, unless nothing was known, and so does the end of its grace.
  RunningJob running{.job = job.job, .nodes = {attempt.host}};
  if (job.job.need.gpus > 0) running.gpu_type = attempt.gpu_type.value_or(job.job.gpu_type);
  const bool estimated = known != nullptr && known->job.estimate_us != kUnknownDurationUs;
  running.job.estimate_us = estimated ? known->job.estimate_us : EstimateOf(job);
  running.job.service_us = job.ran.count() * running.job.Width();
  running.started_us = known != nullptr ? known->started_us : now_us_;
  if (attempt.started_at) running.started_us = attempt.started_at->time_since_epoch().count();
  running.preempting = ending;
  running.expected_end_us = running.started_us + running.job.estimate_us;
  if (ending) {
    running.expected_end_us = known != nullptr && known->preempting
                                  ? known->expected_end_us
                                  : now_us_ + Microseconds(job.grace).count();
  }
  if (known != nullptr && known->preempting == ending && known->started_us == running.started_us &&
      known->expected_end_us == running.expected_end_us && known->node_names == running.nodes &&
      known->gpu_type == running.gpu_type)
    return false;
  state.Put(std::move(running));
  return true;
}

bool ClusterMirror::EstimateAgain(ClusterState& state, const TrackedJobs& jobs) {
  if (learned_ == 0 || learned_ * kEstimatesAnEnd < jobs.all().size()) return false;
  learned_ = 0;
  bool changed = false;
  for (const auto& [id, job] : jobs.all()) {
    const auto slot = state.Find(id.text());
    const bool stands = slot && state.entry(*slot).running == job.HoldsResources();
    if (stands) changed |= Put(state, job);
  }
  return changed;
}

std::vector<Todo> ClusterMirror::Apply(Scene& scene, const TrackedJobs& jobs) {
  const Decisions& decisions = scene.decisions;
  std::vector<Todo> todo;
  for (const Placement& placement : decisions.placements) {
    // Submit refuses gangs: this executor starts an attempt on one machine.
    ORRERY_CHECK_EQ(placement.nodes.size(), size_t{1});
    todo.push_back({JobId::Parse(placement.job_id), Placed{placement.nodes[0], placement.gpu_type}});
    scene.state.Start(placement, now_us_);
  }
  std::string why = "to make room";
  if (!decisions.awaiting.empty()) {
    const std::string& heir = decisions.awaiting.front();
    why += " for " + JobWords(heir, jobs.Find(JobId::Parse(heir))->job.name);
  }
  for (const std::string& victim : decisions.preemptions) {
    const JobId id = JobId::Parse(victim);
    todo.push_back({id, PreemptRequested{why}});
    scene.state.Preempt(victim, now_us_ + Microseconds(jobs.Find(id)->grace).count());
  }
  std::optional<std::string> promised;
  if (decisions.reservation) promised = decisions.reservation->job_id;
  scene.state.Promise(std::move(promised), decisions.awaiting);
  return todo;
}

}  // namespace orrery::jobs::internal
