#include "jobs/scheduler.h"

#include <gmock/gmock.h>

namespace orrery::jobs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kHour = 60 * kMinute;
// 2026-11-25 12:00 UTC.
constexpr int64_t kNoon = 1'795'608'000'000'000;

WaitingJob Job(const std::string& id, int64_t sequence, int64_t millicpus, int priority = 0, int nodes = 1) {
  return {.id = id,
          .name = "train",
          .sequence = sequence,
          .priority = priority,
          .nodes = nodes,
          .need = {.millicpus = millicpus, .memory_bytes = 1 << 20},
          .estimate_us = kHour};
}

WaitingJob GpuJob(const std::string& id, int64_t sequence, int64_t gpus, const std::string& type = "") {
  WaitingJob job = Job(id, sequence, 0);
  job.need.gpus = gpus;
  job.gpu_type = type;
  return job;
}

SchedulerNode Machine(const std::string& name, int64_t millicpus, std::map<std::string, int64_t> gpus = {}) {
  return {name, {.millicpus = millicpus, .memory_bytes = 4LL << 30, .gpus = std::move(gpus)}};
}

ClusterState Cluster(const std::vector<SchedulerNode>& nodes, const std::vector<WaitingJob>& waiting,
                     Queues queues = {}) {
  ClusterState state;
  state.SetNodes(nodes);
  state.SetQueues(std::move(queues));
  for (const WaitingJob& job : waiting) state.Put(job);
  return state;
}

/// Puts a job that runs since noon on `nodes` until `hours` past noon.
void Occupy(ClusterState& state, WaitingJob job, const std::vector<std::string>& nodes, double hours = 1,
            const std::string& gpu_type = "") {
  state.Put(RunningJob{.job = std::move(job),
                       .nodes = nodes,
                       .gpu_type = gpu_type,
                       .started_us = kNoon,
                       .expected_end_us = kNoon + static_cast<int64_t>(hours * static_cast<double>(kHour))});
}

std::vector<std::string> Placed(const Decisions& decisions) {
  std::vector<std::string> ids;
  for (const Placement& placement : decisions.placements) ids.push_back(placement.job_id);
  return ids;
}

std::string Why(const ClusterState& state, const std::string& id) {
  const auto order = WaitingOrder(state, kNoon);
  const auto found = std::find(order.begin(), order.end(), id);
  return WhyWaiting(state, Decide(state, kNoon), id, static_cast<size_t>(found - order.begin()) + 1, kNoon);
}

QueueConfig WithPolicy(const char* name) {
  return {.policy = PolicyNamed(name).value()};
}

TEST(SchedulerTest, PriorityThenAge) {
  const auto state =
      Cluster({Machine("a", 3000)}, {Job("young", 3, 1000), Job("old", 1, 1000), Job("urgent", 9, 1000, 5)});
  EXPECT_THAT(Placed(Decide(state, kNoon)), ElementsAre("urgent", "old", "young"));
  EXPECT_THAT(WaitingOrder(state, kNoon), ElementsAre("urgent", "old", "young"));
}

TEST(SchedulerTest, TheTightestMachineIsTaken) {
  auto state = Cluster({Machine("large", 8000), Machine("small", 2000)}, {Job("job", 1, 2000)});
  EXPECT_THAT(Decide(state, kNoon).placements[0].nodes, ElementsAre("small"));
}

TEST(SchedulerTest, ALaterJobPassesTheHeadOnlyWhenItEndsBeforeOrLeavesEnough) {
  auto state = Cluster({Machine("a", 4000)}, {Job("head", 2, 3000)});
  Occupy(state, Job("held", 1, 2000), {"a"}, 2);
  WaitingJob brief = Job("brief", 3, 1000);
  brief.estimate_us = 2 * kHour;
  WaitingJob lengthy = Job("lengthy", 4, 1000);
  lengthy.estimate_us = 3 * kHour;
  WaitingJob wide = Job("wide", 5, 1500);
  wide.estimate_us = 3 * kHour;
  for (const WaitingJob& job : {brief, lengthy, wide}) state.Put(job);
  const Decisions decisions = Decide(state, kNoon);
  // At 14:00 the head needs 3 of 4 CPUs: one may stay beyond.
  EXPECT_THAT(Placed(decisions), ElementsAre("brief", "lengthy"));
  EXPECT_EQ(decisions.reservation->job_id, "head");
  EXPECT_EQ(decisions.reservation->at_us, kNoon + 2 * kHour);
}

TEST(SchedulerTest, WhatTheHeadDoesNotNeedIsGivenOn) {
  WaitingJob head = GpuJob("head", 2, 1);
  head.need.millicpus = 1000;
  WaitingJob small = Job("small", 3, 3000);
  WaitingJob large = Job("large", 4, 3001);
  small.estimate_us = large.estimate_us = 10 * kHour;
  auto state = Cluster({Machine("a", 4000, {{"", 1}})}, {head, small, large});
  Occupy(state, GpuJob("holder", 1, 1), {"a"});
  EXPECT_THAT(Placed(Decide(state, kNoon)), ElementsAre("small"));
}

TEST(SchedulerTest, AJobThatFitsNowhereBlocksNobody) {
  const auto state = Cluster({Machine("a", 2000)}, {Job("giant", 1, 9000), Job("small", 2, 2000)},
                             {{"default", WithPolicy("fifo")}});
  EXPECT_THAT(Placed(Decide(state, kNoon)), ElementsAre("small"));
  EXPECT_EQ(Why(state, "giant"), "needs 9 CPUs; this machine has 2; position 1");
}

TEST(SchedulerTest, AStrictQueueWaitsForItsFirst) {
  const std::vector<WaitingJob> jobs = {Job("head", 2, 3000), Job("next", 3, 500)};
  auto state = Cluster({Machine("a", 3000)}, jobs, {{"default", WithPolicy("fifo")}});
  Occupy(state, Job("held", 1, 2000), {"a"}, 20);
  EXPECT_THAT(Placed(Decide(state, kNoon)), IsEmpty());
  state.SetQueues({{"default", WithPolicy("easy")}});
  EXPECT_THAT(Placed(Decide(state, kNoon)), ElementsAre("next"));
}

TEST(SchedulerTest, ShortJobsGoFirstButAgeCounts) {
  WaitingJob lengthy = Job("lengthy", 1, 2000);
  lengthy.estimate_us = 2 * kHour;
  lengthy.submitted_us = kNoon - kHour;
  WaitingJob brief = Job("brief", 2, 2000);
  brief.submitted_us = kNoon;
  auto state = Cluster({Machine("a", 2000)}, {lengthy, brief}, {{"default", WithPolicy("sjf")}});
  EXPECT_THAT(WaitingOrder(state, kNoon), ElementsAre("brief", "lengthy"));
  lengthy.submitted_us = kNoon - 100 * kHour;
  state.Put(lengthy);
  EXPECT_THAT(WaitingOrder(state, kNoon), ElementsAre("lengthy", "brief"));
}

TEST(SchedulerTest, AGangGetsAllItsMachinesOrNone) {
  auto state = Cluster({Machine("a", 2000), Machine("b", 2000), Machine("c", 2000)},
                       {Job("gang", 1, 2000, 0, 3), Job("single", 2, 1000)});
  WaitingJob held = Job("held", 0, 1500);
  Occupy(state, held, {"b"}, 0.5);
  EXPECT_THAT(Placed(Decide(state, kNoon)), IsEmpty());
  EXPECT_EQ(Why(state, "gang"),
            "needs 3 machines at once with 2 CPUs and 1 MiB of memory each; 2 of the 3 that are large enough "
            "have that free; expected to start at about 12:30; position 1");
  state.Remove("held");
  const Decisions decisions = Decide(state, kNoon);
  EXPECT_THAT(Placed(decisions), ElementsAre("gang"));
  EXPECT_THAT(decisions.placements[0].nodes, UnorderedElementsAre("a", "b", "c"));
}

TEST(SchedulerTest, GpusAreCountedByType) {
  auto state = Cluster({Machine("a", 64'000, {{"A100", 2}, {"H100", 4}})},
                       {GpuJob("h", 1, 4, "H100"), GpuJob("any", 2, 2), GpuJob("mixed", 3, 3)});
  const Decisions decisions = Decide(state, kNoon);
  EXPECT_THAT(Placed(decisions), ElementsAre("h", "any"));
  EXPECT_EQ(decisions.placements[0].gpu_type, "H100");
  EXPECT_EQ(decisions.placements[1].gpu_type, "A100");
  state.Start(decisions.placements[0], kNoon);
  EXPECT_EQ(FreeOf(state).at("a").gpus, (std::map<std::string, int64_t>{{"A100", 2}, {"H100", 0}}));
}

TEST(SchedulerTest, AGangHasGpusOfOneType) {
  WaitingJob gang = GpuJob("gang", 1, 2);
  gang.nodes = 2;
  const std::vector<SchedulerNode> nodes = {Machine("a", 8000, {{"A100", 2}}),
                                            Machine("b", 8000, {{"H100", 2}})};
  EXPECT_THAT(Placed(Decide(Cluster(nodes, {gang}), kNoon)), IsEmpty());
  auto three = nodes;
  three.push_back(Machine("c", 8000, {{"A100", 4}}));
  EXPECT_THAT(Decide(Cluster(three, {gang}), kNoon).placements[0].nodes, UnorderedElementsAre("a", "c"));
}

TEST(SchedulerTest, QueuesShareByWeight) {
  std::vector<WaitingJob> jobs;
  for (int i = 0; i < 12; ++i) {
    jobs.push_back(Job("x" + std::to_string(i), i, 1000));
    jobs.back().queue = "x";
  }
  for (int i = 0; i < 12; ++i) {
    jobs.push_back(Job("y" + std::to_string(i), 100 + i, 1000));
    jobs.back().queue = "y";
  }
  const auto state = Cluster({Machine("a", 8000)}, jobs, {{"x", {.weight = 3}}, {"y", {.weight = 1}}});
  int x = 0;
  for (const std::string& id : Placed(Decide(state, kNoon))) x += id[0] == 'x' ? 1 : 0;
  EXPECT_EQ(x, 6);
}

TEST(SchedulerTest, AQueueUnderItsGuaranteeGoesFirst) {
  WaitingJob mine = Job("mine", 2, 1000);
  mine.queue = "lab";
  auto state = Cluster({Machine("a", 4000)}, {Job("other", 1, 1000), mine},
                       {{"lab", {.guaranteed = 0.5, .weight = 0.1}}});
  WaitingJob held = Job("held", 0, 1000);
  held.queue = "lab";
  Occupy(state, held, {"a"});
  EXPECT_THAT(WaitingOrder(state, kNoon), ElementsAre("mine", "other"));
}

TEST(SchedulerTest, AQueueNeverHoldsMoreThanItsLimit) {
  std::vector<WaitingJob> jobs = {Job("one", 1, 1000), Job("two", 2, 2000), Job("three", 3, 500)};
  jobs[2].estimate_us = 3 * kHour;
  for (WaitingJob& job : jobs) job.queue = "lab";
  auto state = Cluster({Machine("a", 4000)}, jobs, {{"lab", {.limit = 0.5}}});
  const Decisions decisions = Decide(state, kNoon);
  // "two" waits for the limit, and "three" behind it does not take of the limit what it waits for.
  EXPECT_THAT(Placed(decisions), ElementsAre("one"));
  state.Start(decisions.placements[0], kNoon);
  EXPECT_EQ(Why(state, "two"), "needs 2 CPUs; queue lab may hold 2 and holds 1; position 1");
}

TEST(SchedulerTest, ReasonsNameTheNeedTheHoldersAndThePosition) {
  auto state = Cluster({Machine("a", 8000, {{"H100", 4}})},
                       {GpuJob("11111111aa", 2, 4, "H100"), GpuJob("2222", 3, 1)});
  WaitingJob held = GpuJob("17ab23cdffee", 1, 2);
  Occupy(state, held, {"a"}, 2 + 5.0 / 60, "H100");
  WaitingJob lengthy = GpuJob("2222", 3, 1);
  lengthy.estimate_us = 20 * kHour;
  state.Put(lengthy);
  EXPECT_EQ(
      Why(state, "11111111aa"),
      "needs 4 GPUs of type H100; 2 are free, 2 held by job 17ab23cd (train) until about 14:05; expected to "
      "start at about 14:05; position 1");
  EXPECT_EQ(
      Why(state, "2222"),
      "waits behind job 11111111 (train), which is next at about 14:05 and for which the free resources are "
      "kept; position 2");
}

TEST(SchedulerTest, AHigherPriorityAsksTheJobsWithTheLeastLostWork) {
  auto state = Cluster({Machine("a", 4000), Machine("b", 4000)}, {Job("urgent", 9, 4000, 1)});
  Occupy(state, Job("long-run", 1, 4000), {"a"});
  WaitingJob fresh = Job("fresh", 2, 2000);
  state.Put(RunningJob{
      .job = fresh, .nodes = {"b"}, .started_us = kNoon - kMinute, .expected_end_us = kNoon + kHour});
  fresh.id = "fresher";
  state.Put(RunningJob{
      .job = fresh, .nodes = {"b"}, .started_us = kNoon - kMinute, .expected_end_us = kNoon + kHour});
  WaitingJob held = Job("long-run", 1, 4000);
  state.Put(
      RunningJob{.job = held, .nodes = {"a"}, .started_us = kNoon - kHour, .expected_end_us = kNoon + kHour});
  const Decisions first = Decide(state, kNoon);
  EXPECT_THAT(first.preemptions, UnorderedElementsAre("fresh", "fresher"));
  EXPECT_THAT(Placed(first), IsEmpty());
  EXPECT_THAT(first.awaiting, ElementsAre("urgent"));

  // They are ending: nobody else is asked, and nobody takes what the first of them leaves.
  for (const std::string& id : first.preemptions) state.Preempt(id, kNoon + kMinute);
  EXPECT_EQ(
      Why(state, "urgent"),
      "waits for job fresh (train), job fresher (train) to end by about 12:01, which makes room for it; "
      "position 1");
  state.Remove("fresh");
  state.Put(Job("later", 10, 2000));
  const Decisions second = Decide(state, kNoon);
  EXPECT_THAT(second.preemptions, IsEmpty());
  EXPECT_THAT(Placed(second), IsEmpty());
  state.Remove("fresher");
  EXPECT_THAT(Placed(Decide(state, kNoon)), ElementsAre("urgent"));
}

TEST(SchedulerTest, NobodyIsAskedInVain) {
  auto state = Cluster({Machine("a", 4000)}, {Job("urgent", 9, 4000, 1)});
  Occupy(state, Job("equal", 1, 1000, 1), {"a"});
  Occupy(state, Job("lower", 2, 3000), {"a"});
  EXPECT_THAT(Decide(state, kNoon).preemptions, IsEmpty());
}

TEST(SchedulerTest, GangsEndWholeAndOnlyThoseThatAreNeeded) {
  auto state =
      Cluster({Machine("a", 2000), Machine("b", 2000), Machine("c", 2000)}, {Job("urgent", 9, 2000, 1, 2)});
  Occupy(state, Job("gang", 1, 1500, 0, 2), {"a", "b"});
  Occupy(state, Job("single", 2, 500), {"a"});
  Occupy(state, Job("apart", 3, 2000, 1), {"c"});
  EXPECT_THAT(Decide(state, kNoon).preemptions, UnorderedElementsAre("gang", "single"));
}

TEST(SchedulerTest, ABorrowedShareIsGivenBack) {
  const Queues queues = {{"lab", {.guaranteed = 0.5}}, {"guest", {}}};
  std::vector<WaitingJob> mine = {Job("m1", 11, 1000), Job("m2", 12, 1000), Job("m3", 13, 1000)};
  for (WaitingJob& job : mine) job.queue = "lab";
  auto state = Cluster({Machine("a", 4000)}, mine, queues);
  for (int i = 0; i < 4; ++i) {
    WaitingJob guest = Job("g" + std::to_string(i), i, 1000);
    guest.queue = "guest";
    Occupy(state, guest, {"a"});
  }
  const Decisions decisions = Decide(state, kNoon);
  // Half of the machine is the lab's; its third job is beyond that.
  EXPECT_EQ(decisions.preemptions.size(), 2u);
  EXPECT_THAT(decisions.awaiting, ElementsAre("m1", "m2"));
}

TEST(SchedulerTest, ALeastServiceQueueSendsJobsOverTheirQuantumBack) {
  WaitingJob held = GpuJob("held", 1, 4);
  held.service_us = 4 * kHour;
  auto state =
      Cluster({Machine("a", 4000, {{"", 4}})}, {GpuJob("fresh", 2, 4)}, {{"default", WithPolicy("las")}});
  held.submitted_us = kNoon - kHour;
  WaitingJob fresh = GpuJob("fresh", 2, 4);
  fresh.submitted_us = kNoon;
  state.Put(fresh);
  Occupy(state, held, {"a"});
  const Decisions decisions = Decide(state, kNoon);
  EXPECT_THAT(decisions.preemptions, ElementsAre("held"));
  EXPECT_THAT(decisions.awaiting, ElementsAre("fresh"));
}

TEST(SchedulerTest, AJobUnderItsQuantumIsLookedAtAgainWhenItHasUsedItUp) {
  auto state = Cluster({Machine("a", 4000, {{"", 4}})}, {}, {{"default", WithPolicy("las")}});
  Occupy(state, GpuJob("held", 1, 4), {"a"});
  const Decisions decisions = Decide(state, kNoon);
  EXPECT_THAT(decisions.preemptions, IsEmpty());
  EXPECT_EQ(decisions.revisit_us, kNoon + 48 * kMinute);  // 3.2 GPU hours on 4 GPUs
}

TEST(SchedulerTest, MachinesComeAndGoUnderTheirJobs) {
  auto state = Cluster({Machine("a", 2000), Machine("b", 2000)}, {Job("wide", 2, 2000)});
  Occupy(state, Job("held", 1, 1000), {"b"});
  state.SetNodes({Machine("b", 4000)});
  EXPECT_EQ(FreeOf(state).at("b").millicpus, 3000);
  EXPECT_THAT(Placed(Decide(state, kNoon)), ElementsAre("wide"));
  state.SetNodes({Machine("c", 1000)});
  EXPECT_EQ(FreeOf(state).at("c").millicpus, 1000);
  state.Remove("held");
  EXPECT_EQ(FreeOf(state).at("c").millicpus, 1000);
}

// A head is not set back by smaller jobs of another queue, whose share is always the smaller one.
TEST(SchedulerTest, APromiseIsKeptBeforeLaterJobsOfTheSamePriority) {
  auto state = Cluster({Machine("a", 4000)}, {});
  WaitingJob held = Job("held", 1, 2000);
  held.queue = "large";
  Occupy(state, held, {"a"}, 1);
  WaitingJob head = Job("head", 2, 4000);
  head.queue = "large";
  state.Put(head);
  const Decisions first = Decide(state, kNoon);
  ASSERT_EQ(first.reservation->job_id, "head");
  state.Promise("head");
  WaitingJob small = Job("small", 3, 1000);
  small.queue = "tiny";
  small.estimate_us = 5 * kHour;
  state.Put(small);
  EXPECT_THAT(Placed(Decide(state, kNoon)), IsEmpty());
}

}  // namespace
}  // namespace orrery::jobs
