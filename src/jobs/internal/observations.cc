#include "jobs/internal/observations.h"

#include <set>

namespace orrery::jobs::internal {

std::vector<Todo> Observations::Events(const TrackedJobs& jobs, const std::vector<Launched>& launched) {
  std::vector<Todo> todo;
  std::set<AttemptId> failed;
  for (const Launched& result : launched) {
    if (!result.failure) continue;
    failed.insert(result.id);
    todo.push_back({JobId::Parse(result.id.job_id), Ended{result.id.number, *result.failure}});
  }
  for (const AttemptObservation& seen : executor_.Observe()) {
    if (failed.contains(seen.id)) continue;
    const JobId id = JobId::Parse(seen.id.job_id);
    if (const TrackedJob* job = jobs.Find(id)) {
      Add(seen, id, *job, todo);
    } else if (seen.outcome) {
      // Its end was stored before, and the executor was not told.
      todo.push_back({id, Ended{seen.id.number, *seen.outcome}});
    }
  }
  return todo;
}

void Observations::Add(const AttemptObservation& seen, const JobId& id, const TrackedJob& job,
                       std::vector<Todo>& todo) {
  const int number = seen.id.number;
  const auto& attempt = job.standing.attempt;
  const bool pid_known = attempt && attempt->supervisor_pid;
  if (seen.supervisor_pid && !pid_known) todo.push_back({id, Claimed{number, *seen.supervisor_pid}});
  const bool began = seen.started_at_us && job.standing.state == JobState::kStarting;
  if (began || seen.outcome) AddEnvironment(seen.id, job, todo);
  if (began)
    todo.push_back({id, Started{number, Instant(Microseconds(*seen.started_at_us)), seen.enforcement}});
  if (seen.outcome) {
    todo.push_back({id, Ended{number, *seen.outcome}});
  } else if (seen.phase == AttemptPhase::kAbsent && !job.launching) {
    todo.push_back({id, Absent{number}});
  }
}

void Observations::AddEnvironment(const AttemptId& id, const TrackedJob& job, std::vector<Todo>& todo) {
  const auto& attempt = job.standing.attempt;
  if (!job.has_environment || !attempt || attempt->number != id.number || attempt->environment) return;
  if (const auto digest = environments_.Store(id)) {
    todo.push_back({JobId::Parse(id.job_id), EnvironmentStored{id.number, *digest}});
  }
}

}  // namespace orrery::jobs::internal
