#pragma once

#include "base/clock.h"
#include "jobs/run_keeper.h"
#include "tracking/tracking.h"

namespace orrery::jobs {

/// Keeps the runs of jobs in tracking. Tags: orrery.job_id, orrery.framework, orrery.seed, mlflow.source.name (the
/// entry, else the command), mlflow.source.type (JOB), mlflow.source.git.commit, orrery.git.dirty; once its command
/// began, orrery.environment.
class TrackingRunKeeper final : public RunKeeper {
 public:
  /// Must outlive this object.
  explicit TrackingRunKeeper(tracking::Tracking& tracking) : tracking_(tracking) {}

  OwnedRun Create(sql::Writer& writer, const JobId& job, const JobSpec& spec, const Actor& by) override;
  void Follow(sql::Writer& writer, const std::string& run_id, RunPhase phase, Instant at) override;
  void NoteEnvironment(sql::Writer& writer, const std::string& run_id, const Digest& environment) override;
  void AddPoints(sql::Writer& writer, const std::string& run_id,
                 const std::vector<RunPoint>& points) override;

 private:
  tracking::Tracking& tracking_;
};

}  // namespace orrery::jobs
