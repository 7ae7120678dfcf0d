#include "jobs/simulation.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "base/check.h"
#include "jobs/estimates.h"
#include "jobs/scheduler.h"

namespace orrery::jobs {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int64_t kLarge = 8;
const char kPool[] = "pool";

const QueuePolicy kSjf = {.order = QueueOrder::kShortest, .fill = QueueFill::kStrict};
const QueuePolicy kSrtf = {.order = QueueOrder::kShortest, .fill = QueueFill::kSkip, .preemptive = true};
const QueuePolicy kLas = {.order = QueueOrder::kService, .fill = QueueFill::kSkip, .preemptive = true};

/// One replay.
class Replay {
 public:
  Replay(const std::vector<TraceJob>& trace, const SimulatedPolicy& policy, int64_t gpus)
      : policy_(policy), gpus_(gpus), predicts_(policy.predicts) {
    for (const TraceJob& job : trace) jobs_.push_back({.from = &job, .left_us = job.duration_us});
    state_.SetNodes({{kPool, {.gpus = {{"", gpus}}}}});
    state_.SetQueues({{kPool, {.policy = policy.policy}}});
    state_.preempts_at_once = true;
  }

  SimulationResult Run() {
    while (next_ < jobs_.size() || !running_.empty()) {
      now_us_ = std::min({next_ < jobs_.size() ? jobs_[next_].from->submitted_us : kNever,
                          running_.empty() ? kNever : running_.begin()->first, revisit_us_});
      EndDue();
      Arrive();
      Follow(Decide(state_, now_us_));
    }
    return Report();
  }

 private:
  struct Job {
    const TraceJob* from;
    int64_t left_us;  ///< at its latest start or preemption
    int64_t started_us = 0;
    int64_t ended_us = 0;
  };

  int64_t Width(const Job& job) const { return std::min(job.from->gpus, gpus_); }

  JobKind KindOf(const Job& job) const {
    return {job.from->user, job.from->name, job.from->queue, Width(job)};
  }

  int64_t EstimateOf(const Job& job) const {
    if (!predicts_) return job.left_us;
    return estimates_.Of(KindOf(job)).value_or(kUnknownDurationUs);
  }

  void Wait(size_t index) {
    const Job& job = jobs_[index];
    state_.Put(WaitingJob{.id = std::to_string(index),
                          .queue = kPool,
                          .sequence = static_cast<int64_t>(index),
                          .submitted_us = job.from->submitted_us,
                          .need = {.gpus = Width(job)},
                          .estimate_us = EstimateOf(job),
                          .service_us = (job.from->duration_us - job.left_us) * Width(job)});
  }

  void Arrive() {
    for (; next_ < jobs_.size() && jobs_[next_].from->submitted_us <= now_us_; ++next_) Wait(next_);
  }

  void EndDue() {
    while (!running_.empty() && running_.begin()->first <= now_us_) {
      Job& job = jobs_[running_.begin()->second];
      job.ended_us = now_us_;
      state_.Remove(std::to_string(running_.begin()->second));
      running_.erase(running_.begin());
      if (predicts_) estimates_.Add(KindOf(job), job.from->duration_us);
    }
  }

  void Follow(const Decisions& decisions) {
    ++decisions_;
    for (const std::string& id : decisions.preemptions) {
      const size_t index = std::stoul(id);
      Job& job = jobs_[index];
      running_.erase({job.started_us + job.left_us, index});
      job.left_us -= now_us_ - job.started_us;
      ++preemptions_;
      Wait(index);
    }
    for (const Placement& placement : decisions.placements) {
      const size_t index = std::stoul(placement.job_id);
      Job& job = jobs_[index];
      job.started_us = now_us_;
      running_.emplace(now_us_ + job.left_us, index);
      state_.Start(placement, now_us_);
    }
    state_.Promise(decisions.reservation ? std::optional(decisions.reservation->job_id) : std::nullopt);
    revisit_us_ = decisions.revisit_us.value_or(kNever);
  }

  SimulationResult Report() const {
    SimulationResult result{.policy = std::string(policy_.name),
                            .gpus = gpus_,
                            .jobs = static_cast<int64_t>(jobs_.size()),
                            .preemptions = preemptions_,
                            .decisions = decisions_};
    std::vector<double> completions;
    double busy = 0;
    double large = 0;
    int64_t last_us = jobs_.front().from->submitted_us;
    for (const Job& job : jobs_) {
      const double duration = static_cast<double>(job.from->duration_us) / 1e6;
      const double completion = static_cast<double>(job.ended_us - job.from->submitted_us) / 1e6;
      completions.push_back(completion);
      result.mean_completion += completion;
      result.mean_wait += completion - duration;
      if (job.from->gpus >= kLarge) {
        result.mean_wait_large += completion - duration;
        ++large;
      }
      busy += duration * static_cast<double>(Width(job));
      last_us = std::max(last_us, job.ended_us);
    }
    const auto count = static_cast<double>(jobs_.size());
    result.mean_completion /= count;
    result.mean_wait /= count;
    if (large > 0) result.mean_wait_large /= large;
    std::sort(completions.begin(), completions.end());
    result.median_completion = completions[completions.size() / 2];
    result.p99_completion = completions[static_cast<size_t>(count * 0.99)];
    const double span = static_cast<double>(last_us - jobs_.front().from->submitted_us) / 1e6;
    result.utilisation = busy / (span * static_cast<double>(gpus_));
    return result;
  }

  const SimulatedPolicy& policy_;
  const int64_t gpus_;
  const bool predicts_;
  std::vector<Job> jobs_;
  ClusterState state_;
  Estimates estimates_;
  std::set<std::pair<int64_t, size_t>> running_;  // (end, job)
  size_t next_ = 0;
  int64_t now_us_ = 0;
  int64_t revisit_us_ = kNever;
  int64_t preemptions_ = 0;
  int64_t decisions_ = 0;
};

}  // namespace

const std::vector<SimulatedPolicy>& SimulatedPolicies() {
  static const std::vector<SimulatedPolicy> policies = {
      {"fifo", PolicyNamed("fifo").value(), false, "the oldest first, nothing passes it"},
      {"easy", PolicyNamed("easy").value(), false,
       "as fifo, later jobs pass where they do not delay the first"},
      {"fifo_skip", {.order = QueueOrder::kAge, .fill = QueueFill::kSkip}, false, "the oldest that fits"},
      {"sjf", kSjf, false, "the shortest first, nothing passes it; knows durations"},
      {"sjf_skip",
       {.order = QueueOrder::kShortest, .fill = QueueFill::kSkip},
       false,
       "the shortest that fits; knows durations"},
      {"srtf", kSrtf, false, "the least that remains runs, others are preempted; knows durations"},
      {"las", kLas, false, "who used less than 3.2 GPU hours runs, others are preempted"},
      {"predicted_sjf", PolicyNamed("sjf").value(), true,
       "queue policy sjf: the shortest first as estimated, with ageing"},
  };
  return policies;
}

SimulationResult Simulate(const std::vector<TraceJob>& jobs, const SimulatedPolicy& policy, int64_t gpus) {
  ORRERY_CHECK(!jobs.empty());
  ORRERY_CHECK(gpus >= 1);
  return Replay(jobs, policy, gpus).Run();
}

}  // namespace orrery::jobs
