// What a decision costs on a full cluster, in steady state: a job ends, the decision is made, its placements are
// carried out, as many jobs arrive. The state is kept up to date from one decision to the next.
#include <algorithm>
#include <chrono>
#include <random>

#include <benchmark/benchmark.h>

#include "jobs/scheduler.h"

namespace orrery::jobs {
namespace {

constexpr int64_t kMinute = 60'000'000;

/// Machines of two GPU types, four queues, and jobs of many shapes: one in ten is a gang, one in five has no GPUs.
class Crowd {
 public:
  Crowd(int nodes, int waiting) {
    std::vector<SchedulerNode> machines;
    for (int i = 0; i < nodes; ++i) {
      machines.push_back({"node-" + std::to_string(i),
                          {.millicpus = 64'000,
                           .memory_bytes = int64_t{512} << 30,
                           .gpus = {{i % 4 == 0 ? "H100" : "A100", 8}}}});
    }
    state_.SetNodes(machines);
    state_.SetQueues({{"vision", {.guaranteed = 0.2}}, {"speech", {.weight = 2}}, {"batch", {.limit = 0.5}}});
    // Until nothing fits any more.
    for (int placed = 1; placed > 0;) {
      for (int i = 0; i < nodes; ++i) Arrive();
      placed = Step();
    }
    while (static_cast<int>(state_.waiting()) < waiting) Arrive();
    while (static_cast<int>(state_.waiting()) > waiting) DropOne();
    arrivals_due_ = 0;
  }

  /// The next job ends, and as many arrive as started.
  void Change() {
    const ClusterState::End end = *state_.ends().begin();
    now_us_ = std::max(now_us_, end.at_us);
    state_.Remove(state_.entry(end.slot).job.id);
    for (; arrivals_due_ > 0; --arrivals_due_) Arrive();
  }

  Decisions Decide() const { return jobs::Decide(state_, now_us_); }

  int Follow(const Decisions& decisions) {
    for (const Placement& placement : decisions.placements) state_.Start(placement, now_us_);
    // Without a grace: they are gone at once, and wait again.
    for (const std::string& id : decisions.preemptions) {
      WaitingJob job = state_.entry(state_.Find(id).value()).job;
      state_.Put(std::move(job));
    }
    state_.Promise(decisions.reservation ? std::optional(decisions.reservation->job_id) : std::nullopt,
                   decisions.awaiting);
    const int placed = static_cast<int>(decisions.placements.size());
    arrivals_due_ += placed - static_cast<int>(decisions.preemptions.size());
    return placed;
  }

  const ClusterState& state() const { return state_; }

 private:
  int Draw(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

  int Step() { return Follow(Decide()); }

  void Arrive() {
    const char* const queues[] = {"vision", "speech", "batch", "default"};
    WaitingJob job{.id = std::to_string(next_),
                   .name = "train",
                   .queue = queues[Draw(0, 3)],
                   .sequence = next_,
                   .submitted_us = now_us_,
                   .nodes = Draw(0, 9) == 0 ? Draw(2, 8) : 1,
                   .need = {.millicpus = Draw(2, 160) * 100, .memory_bytes = int64_t{Draw(1, 64)} << 30},
                   .estimate_us = Draw(1, 600) * kMinute};
    if (Draw(0, 4) > 0) {
      job.need.gpus = int64_t{1} << Draw(0, 3);
      if (Draw(0, 2) == 0) job.gpu_type = Draw(0, 1) == 0 ? "H100" : "A100";
    }
    ++next_;
    state_.Put(std::move(job));
  }

  /// The last in order of the longest queue.
  void DropOne() {
    const auto longest =
        std::max_element(state_.queues().begin(), state_.queues().end(),
                         [](const auto& a, const auto& b) { return a.waiting.size() < b.waiting.size(); });
    const std::string id = state_.entry(longest->waiting.rbegin()->slot).job.id;
    state_.Remove(id);
  }

  std::mt19937 random_{7};
  ClusterState state_;
  int64_t now_us_ = 1'000'000'000;
  int64_t next_ = 1;
  int arrivals_due_ = 0;
};

void DecideInACrowd(benchmark::State& state) {
  Crowd crowd(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  std::vector<double> times;
  int64_t placed = 0;
  for (auto _ : state) {
    crowd.Change();
    const auto begin = std::chrono::steady_clock::now();
    const Decisions decisions = crowd.Decide();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    state.SetIterationTime(seconds);
    times.push_back(seconds * 1e3);
    placed += crowd.Follow(decisions);
  }
  std::sort(times.begin(), times.end());
  state.counters["median_ms"] = times[times.size() / 2];
  state.counters["p99_ms"] = times[times.size() * 99 / 100];
  state.counters["placed"] =
      benchmark::Counter(static_cast<double>(placed), benchmark::Counter::kAvgIterations);
  state.counters["running"] = static_cast<double>(crowd.state().running());
  state.counters["waiting"] = static_cast<double>(crowd.state().waiting());
}
BENCHMARK(DecideInACrowd)
    ->ArgNames({"nodes", "waiting"})
    ->Args({100, 1'000})
    ->Args({10'000, 10'000})
    ->Args({5'000, 100'000})
    ->UseManualTime()
    ->Iterations(300)
    ->Unit(benchmark::kMillisecond);

/// What keeping the state costs: a job arrives and another goes, at any place in the order.
void ArriveAndGo(benchmark::State& state) {
  Crowd crowd(1'000, 100'000);
  ClusterState kept = crowd.state();
  int64_t next = 10'000'000;
  for (auto _ : state) {
    kept.Put(WaitingJob{.id = std::to_string(next), .sequence = next, .need = {.millicpus = 1000}});
    kept.Remove(std::to_string(next));
    ++next;
  }
}
BENCHMARK(ArriveAndGo);

}  // namespace
}  // namespace orrery::jobs
