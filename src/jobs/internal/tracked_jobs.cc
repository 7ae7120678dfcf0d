#include "jobs/internal/tracked_jobs.h"

#include <algorithm>

#include "jobs/internal/durations.h"
#include "jobs/validate.h"

namespace orrery::jobs::internal {

void TrackedJobs::Take(const LiveJob& live) {
  if (IsTerminal(live.standing.state)) return Forget(live.id);
  const JobSpec& spec = live.spec;
  TrackedJob& tracked = jobs_[live.id];
  tracked.kind = KindOf(spec, live.submitted_by);
  tracked.job = {.id = live.id.text(),
                 .name = spec.name,
                 .user = live.submitted_by,
                 .queue = spec.queue,
                 .sequence = live.seq,
                 .submitted_us = live.submitted_at.time_since_epoch().count(),
                 .priority = spec.priority,
                 .nodes = spec.nodes,
                 .need = NeedOf(spec),
                 .gpu_type = spec.gpu_type.value_or("")};
  if (spec.timeout_seconds) tracked.timeout_us = *spec.timeout_seconds * 1'000'000;
  tracked.grace = std::chrono::seconds(spec.grace_seconds);
  tracked.has_environment = spec.environment.has_value();
  tracked.retry = {spec.retries, std::chrono::seconds(spec.retry_delay_seconds)};
  Place(live.id, tracked, live.standing);
  tracked.ran = live.ran;
}

void TrackedJobs::Note(const JobId& id, const Standing& standing) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  if (IsTerminal(standing.state)) return Forget(id);
  Place(id, found->second, standing);
}

void TrackedJobs::Place(const JobId& id, TrackedJob& job, const Standing& standing) {
  const auto& before = job.standing.attempt;
  const auto& now = standing.attempt;
  const bool ended = now && now->ended_at && before && !before->ended_at;
  if (ended && now->started_at) job.ran += std::max(*now->ended_at - *now->started_at, Microseconds(0));
  if (!now || IsTerminal(now->state)) job.told = false;

  if (standing.retry_at != job.standing.retry_at) {
    if (job.due) due_.erase({*job.due, id});
    job.due.reset();
    if (standing.retry_at) {
      const Microseconds longest = job.retry.Before(standing.failures);
      const Microseconds left = *standing.retry_at - clock_.Now();
      job.due = clock_.Monotonic() + std::clamp(left, Microseconds(0), longest);
      due_.emplace(*job.due, id);
    }
  }
  job.standing = standing;
  moved_.insert(id);
  const bool asked = standing.cancel_requested || standing.preempting;
  if (asked && job.HoldsResources() && !job.told) {
    asked_.insert(id);
  } else {
    asked_.erase(id);
  }
}

void TrackedJobs::Forget(const JobId& id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  if (found->second.due) due_.erase({*found->second.due, id});
  asked_.erase(id);
  moved_.insert(id);
  jobs_.erase(found);
}

void TrackedJobs::NoteLaunching(const JobId& id, bool launching) {
  const auto found = jobs_.find(id);
  if (found != jobs_.end()) found->second.launching = launching;
}

const TrackedJob* TrackedJobs::Find(const JobId& id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

void TrackedJobs::LetDue() {
  while (!due_.empty() && due_.begin()->first <= clock_.Monotonic()) {
    const JobId id = due_.begin()->second;
    jobs_.at(id).due.reset();
    moved_.insert(id);
    due_.erase(due_.begin());
  }
}

std::optional<Clock::Monotonics> TrackedJobs::NextDue() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

std::vector<AttemptId> TrackedJobs::ToEnd() const {
  std::vector<AttemptId> attempts;
  for (const JobId& id : asked_) {
    const TrackedJob& job = jobs_.at(id);
    if (!job.launching) attempts.push_back({id.text(), job.standing.attempt.value().number});
  }
  return attempts;
}

void TrackedJobs::NoteTold(const JobId& id) {
  jobs_.at(id).told = true;
  asked_.erase(id);
}

}  // namespace orrery::jobs::internal
