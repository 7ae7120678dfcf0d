#pragma once

#include <vector>

#include "jobs/executor.h"
#include "jobs/internal/environment_recorder.h"
#include "jobs/internal/mailbox.h"
#include "jobs/internal/tracked_jobs.h"

namespace orrery::jobs::internal {

/// Turns what the executor and the launcher report into what has happened to the jobs since it was stored last.
class Observations {
 public:
  /// All must outlive this object.
  Observations(Executor& executor, content::Store& content)
      : executor_(executor), environments_(executor, content) {}

  std::vector<Todo> Events(const TrackedJobs& jobs, const std::vector<Launched>& launched);

 private:
  void Add(const AttemptObservation& seen, const JobId& id, const TrackedJob& job, std::vector<Todo>& todo);
  void AddEnvironment(const AttemptId& id, const TrackedJob& job, std::vector<Todo>& todo);

  Executor& executor_;
  EnvironmentRecorder environments_;
};

}  // namespace orrery::jobs::internal
