#include "jobs/scheduler.h"

#include <random>
#include <set>

#include <gmock/gmock.h>

namespace orrery::jobs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

WaitingJob Job(const std::string& id, int64_t sequence, int64_t millicpus, int priority = 0, int nodes = 1) {
  return {.id = id,
          .name = "train",
          .sequence = sequence,
          .priority = priority,
          .nodes = nodes,
          .need = {.millicpus = millicpus, .memory_bytes = 1 << 20}};
}

SchedulerNode Machine(const std::string& name, int64_t millicpus) {
  return {name, {.millicpus = millicpus, .memory_bytes = 4LL << 30}};
}

std::vector<std::string> Placed(const Decisions& decisions) {
  std::vector<std::string> ids;
  for (const Placement& placement : decisions.placements) ids.push_back(placement.job_id);
  return ids;
}

TEST(SchedulerTest, PriorityThenAge) {
  const Decisions decisions = Decide(
      {{Machine("a", 3000)}, {}, {Job("young", 3, 1000), Job("old", 1, 1000), Job("urgent", 9, 1000, 5)}});
  EXPECT_THAT(Placed(decisions), ElementsAre("urgent", "old", "young"));
}

TEST(SchedulerTest, NothingBehindTheHeadTakesWhatItWaitsFor) {
  const ClusterState state = {{Machine("a", 2000)},
                              {{"held", "train", {"a"}, {.millicpus = 1000}}},
                              {Job("head", 1, 2000), Job("small", 2, 500)}};
  const Decisions decisions = Decide(state);
  EXPECT_THAT(Placed(decisions), IsEmpty());
  EXPECT_EQ(decisions.head, "head");
}

TEST(SchedulerTest, WhatTheHeadDoesNotNeedIsGivenOn) {
  ClusterState state = {
      {Machine("a", 4000)}, {}, {Job("head", 1, 1000), Job("small", 2, 3000), Job("large", 3, 3001)}};
  state.nodes[0].total.gpus = 1;
  state.running = {{"holder", "train", {"a"}, {.gpus = 1}}};
  state.waiting[0].need.gpus = 1;
  EXPECT_THAT(Placed(Decide(state)), ElementsAre("small"));
}

TEST(SchedulerTest, AJobThatFitsNowhereBlocksNobody) {
  const Decisions decisions =
      Decide({{Machine("a", 2000)}, {}, {Job("giant", 1, 9000), Job("small", 2, 2000)}});
  EXPECT_THAT(Placed(decisions), ElementsAre("small"));
  EXPECT_EQ(WhyWaiting(decisions, 0), "needs 9 CPUs; this machine has 2; position 1");
}

TEST(SchedulerTest, AGangGetsAllItsMachinesOrNone) {
  ClusterState state = {{Machine("a", 2000), Machine("b", 2000), Machine("c", 2000)},
                        {{"held", "train", {"b"}, {.millicpus = 1500}}},
                        {Job("gang", 1, 2000, 0, 3), Job("single", 2, 1000)}};
  EXPECT_THAT(Placed(Decide(state)), IsEmpty());
  EXPECT_EQ(
      WhyWaiting(Decide(state), 0),
      "needs 3 machines at once with 2 CPUs and 1 MiB of memory each; 2 of the 3 that are large enough have "
      "that free; position 1");
  state.running.clear();
  const Decisions decisions = Decide(state);
  EXPECT_THAT(Placed(decisions), ElementsAre("gang"));
  EXPECT_EQ(decisions.placements[0].nodes.size(), 3u);
}

TEST(SchedulerTest, ReasonsNameTheNeedTheHoldersAndThePosition) {
  const Decisions decisions = Decide({{Machine("a", 2000)},
                                      {{"3f2a19c0ffee", "train", {"a"}, {.millicpus = 1500}}},
                                      {Job("11111111aa", 1, 2000), Job("2222", 2, 400)}});
  EXPECT_EQ(WhyWaiting(decisions, 0),
            "needs 2 CPUs; 1.5 of 2 are held by job 3f2a19c0 (train), 0.5 free; position 1");
  EXPECT_EQ(WhyWaiting(decisions, 1),
            "waits behind job 11111111 (train), which is next and for which the free resources are kept; "
            "position 2");
}

// Random clusters played to their end: the invariants hold at every step.
class Play {
 public:
  explicit Play(uint32_t seed) : random_(seed) {
    const int nodes = Draw(1, 4);
    for (int i = 0; i < nodes; ++i) {
      state_.nodes.push_back({"n" + std::to_string(i), {Draw(1, 8) * 500, Draw(1, 8) << 20, Draw(0, 2)}});
    }
  }

  void Run() {
    for (int step = 0; step < 60; ++step) {
      if (step < 40) Arrive();
      if (Draw(0, 2) == 0) EndOne();
      Turn();
    }
    // Without arrivals everything that can run has run once what runs has ended.
    for (int step = 0; step < 1000 && !state_.running.empty(); ++step) {
      EndOne();
      Turn();
    }
    for (const WaitingJob& job : state_.waiting) EXPECT_FALSE(CouldEverRun(job)) << job.id;
  }

 private:
  int Draw(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

  void Arrive() {
    WaitingJob job =
        Job("j" + std::to_string(next_), next_, Draw(1, 10) * 250, Draw(-1, 1), Draw(0, 4) == 0 ? 2 : 1);
    job.need.memory_bytes = Draw(1, 8) << 19;
    job.need.gpus = Draw(0, 3) == 0 ? 1 : 0;
    ++next_;
    state_.waiting.push_back(job);
  }

  void EndOne() {
    if (state_.running.empty()) return;
    state_.running.erase(state_.running.begin() + Draw(0, static_cast<int>(state_.running.size()) - 1));
  }

  bool CouldEverRun(const WaitingJob& job) const {
    const auto able = std::count_if(state_.nodes.begin(), state_.nodes.end(),
                                    [&](const SchedulerNode& node) { return node.total.Covers(job.need); });
    return able >= job.nodes;
  }

  void Turn() {
    const ClusterState before = state_;
    const Decisions decisions = Decide(state_);
    for (const auto& [name, free] : FreeOf(decisions.after)) EXPECT_TRUE(free.Covers({})) << name;
    for (const Placement& placement : decisions.placements) {
      const auto job = std::find_if(before.waiting.begin(), before.waiting.end(),
                                    [&](const WaitingJob& w) { return w.id == placement.job_id; });
      const std::set<std::string> distinct(placement.nodes.begin(), placement.nodes.end());
      EXPECT_EQ(static_cast<int>(distinct.size()), job->nodes);
    }
    EXPECT_EQ(decisions.after.waiting.size() + decisions.placements.size(), before.waiting.size());
    HeadIsNotSetBack(before, decisions);
    for (size_t rank = 0; rank < decisions.after.waiting.size(); ++rank) {
      EXPECT_FALSE(WhyWaiting(decisions, rank).empty());
    }
    state_ = decisions.after;
  }

  // Taking back every placement of a lower rank must not let the head start.
  void HeadIsNotSetBack(const ClusterState& before, const Decisions& decisions) {
    if (decisions.head.empty()) return;
    ClusterState without = before;
    const auto head = std::find_if(before.waiting.begin(), before.waiting.end(),
                                   [&](const WaitingJob& job) { return job.id == decisions.head; });
    std::erase_if(without.waiting, [&](const WaitingJob& job) {
      return std::tuple(-job.priority, job.sequence) > std::tuple(-head->priority, head->sequence);
    });
    for (const Placement& placement : Decide(without).placements) EXPECT_NE(placement.job_id, decisions.head);
  }

  std::mt19937 random_;
  ClusterState state_;
  int64_t next_ = 1;
};

TEST(SchedulerTest, RandomPlaysKeepEveryInvariant) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Play(seed).Run();
    if (testing::Test::HasFailure()) return;
  }
}

// The head's shortest distance to its start never grows while it waits, whoever arrives behind it.
TEST(SchedulerTest, TheHeadStartsThoughSmallerJobsNeverStopArriving) {
  ClusterState state = {{Machine("a", 4000), Machine("b", 4000)}, {}, {}};
  for (int i = 0; i < 8; ++i) state.waiting.push_back(Job("first" + std::to_string(i), i, 1000));
  state = Decide(state).after;
  state.waiting.push_back(Job("head", 100, 4000));
  for (int turn = 0; turn < 8; ++turn) {
    state.waiting.push_back(Job("later" + std::to_string(turn), 200 + turn, 1000));
    // The longest running job ends: jobs of both machines end in turn.
    state.running.erase(state.running.begin());
    Decisions decisions = Decide(state);
    state = decisions.after;
    for (const std::string& id : Placed(decisions)) {
      if (id == "head") return;
    }
  }
  FAIL() << "the head was starved";
}

}  // namespace
}  // namespace orrery::jobs
