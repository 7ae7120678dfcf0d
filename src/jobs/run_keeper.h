#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/actor.h"
#include "base/instant.h"
#include "jobs/types.h"
#include "sql/database.h"

namespace orrery::jobs {

/// The run that a job owns.
struct OwnedRun {
  std::string run_id;
  std::string experiment_id;
};

/// How a job's run stands.
enum class RunPhase { kScheduled, kRunning, kFinished, kFailed, kKilled };

/// A value of one of a run's metrics.
struct RunPoint {
  std::string key;
  double value = 0;
  int64_t step = 0;
  Instant at;

  bool operator==(const RunPoint&) const = default;
};

/// Keeps the runs of jobs, within the caller's transaction. Safe to call from any thread.
class RunKeeper {
 public:
  virtual ~RunKeeper() = default;
  /// Creates the run of `job`, scheduled, with its params and tags; its experiment too, when it is new.
  /// Errors: invalid_argument, failed_precondition (the experiment is deleted).
  virtual OwnedRun Create(sql::Writer& writer, const JobId& job, const JobSpec& spec, const Actor& by) = 0;
  /// Moves the run along with its job at `at`: it starts when the command first does, and not when it was
  /// submitted; it is scheduled again while its job waits for another attempt, whatever the last one said. A
  /// run that its owner deleted stays as it is.
  virtual void Follow(sql::Writer& writer, const std::string& run_id, RunPhase phase, Instant at) = 0;
  /// Notes at the run what the command found installed: the digest of the stored EnvironmentSpec.
  virtual void NoteEnvironment(sql::Writer& writer, const std::string& run_id, const Digest& environment) = 0;
  /// Adds to the run's metrics. Points that it has already change nothing.
  virtual void AddPoints(sql::Writer& writer, const std::string& run_id,
                         const std::vector<RunPoint>& points) = 0;
};

}  // namespace orrery::jobs
