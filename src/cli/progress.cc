#include "cli/progress.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace orrery::cli {

using jobs::JobState;
using jobs::JobStatus;

Progress::Progress(const std::vector<jobs::Job>& jobs) {
  for (const jobs::Job& job : jobs) {
    jobs_.push_back({.id = job.id, .name = job.name, .state = JobState::kPending, .reason = job.reason});
  }
}

std::vector<jobs::JobId> Progress::Live() const {
  std::vector<jobs::JobId> live;
  for (const JobStatus& job : jobs_) {
    if (!jobs::IsTerminal(job.state)) live.push_back(job.id);
  }
  return live;
}

std::vector<JobStatus> Progress::Take(std::vector<JobStatus> now) {
  std::unordered_map<std::string, JobStatus*> by_id;
  for (JobStatus& job : now) by_id.emplace(job.id.text(), &job);
  std::vector<JobStatus> fallen;
  for (JobStatus& job : jobs_) {
    const auto found = by_id.find(job.id.text());
    if (found == by_id.end()) continue;
    const bool ended = !jobs::IsTerminal(job.state) && jobs::IsTerminal(found->second->state);
    job = std::move(*found->second);
    if (ended && job.state != JobState::kSucceeded) fallen.push_back(job);
  }
  return fallen;
}

size_t Progress::Count(JobState state) const {
  return static_cast<size_t>(std::ranges::count(jobs_, state, &JobStatus::state));
}

std::string Progress::WhyNoneRuns() const {
  if (Count(JobState::kRunning) + Count(JobState::kStarting) > 0) return "";
  for (const JobState state : {JobState::kQueued, JobState::kPending}) {
    const auto waits = std::ranges::find(jobs_, state, &JobStatus::state);
    if (waits != jobs_.end() && !waits->reason.empty()) return ": " + waits->reason;
  }
  return "";
}

std::string Progress::Text() const {
  std::string text =
      std::to_string(Count(JobState::kSucceeded)) + "/" + std::to_string(jobs_.size()) + " done";
  const auto add = [&](size_t count, const char* what) {
    if (count > 0) text += ", " + std::to_string(count) + " " + what;
  };
  add(Count(JobState::kFailed), "failed");
  add(Count(JobState::kCancelled), "cancelled");
  add(Count(JobState::kRunning), "running");
  add(Count(JobState::kStarting), "starting");
  add(Count(JobState::kQueued) + Count(JobState::kPending), "waiting");
  return text + WhyNoneRuns();
}

}  // namespace orrery::cli
