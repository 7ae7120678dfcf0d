#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "jobs/run_keeper.h"

namespace orrery::jobs {

/// Keeps runs in memory: the run of job J is "run-J". Forgets nothing when a transaction is rolled back.
class FakeRunKeeper final : public RunKeeper {
 public:
  OwnedRun Create(sql::Writer&, const JobId& job, const JobSpec&, const Actor&) override {
    const std::scoped_lock lock(mutex_);
    phases_["run-" + job.text()] = RunPhase::kScheduled;
    return {"run-" + job.text(), "0"};
  }
  void Follow(sql::Writer&, const std::string& run_id, RunPhase phase, Instant) override {
    const std::scoped_lock lock(mutex_);
    phases_[run_id] = phase;
  }
  void NoteEnvironment(sql::Writer&, const std::string& run_id, const Digest& environment) override {
    const std::scoped_lock lock(mutex_);
    environments_[run_id] = environment;
  }
  void AddPoints(sql::Writer&, const std::string& run_id, const std::vector<RunPoint>& points) override {
    const std::scoped_lock lock(mutex_);
    std::vector<RunPoint>& all = points_[run_id];
    all.insert(all.end(), points.begin(), points.end());
  }
  std::vector<RunPoint> PointsOf(const JobId& job) {
    const std::scoped_lock lock(mutex_);
    return points_["run-" + job.text()];
  }
  Digest EnvironmentOf(const JobId& job) {
    const std::scoped_lock lock(mutex_);
    return environments_["run-" + job.text()];
  }
  RunPhase PhaseOf(const JobId& job) {
    const std::scoped_lock lock(mutex_);
    return phases_.at("run-" + job.text());
  }

 private:
  std::mutex mutex_;  // guards all below
  std::map<std::string, RunPhase> phases_;
  std::map<std::string, Digest> environments_;
  std::map<std::string, std::vector<RunPoint>> points_;
};

}  // namespace orrery::jobs
