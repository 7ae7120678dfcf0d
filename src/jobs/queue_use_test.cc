#include "jobs/queue_use.h"

#include <gtest/gtest.h>

namespace orrery::jobs {
namespace {

WaitingJob Job(const std::string& id, const std::string& queue, int64_t cpus) {
  return {.id = id, .queue = queue, .need = {.millicpus = cpus * 1000, .memory_bytes = 10}};
}

TEST(QueueUseTest, TellsWhatEachQueueMayHoldAndHoldsWithJobsOrWithout) {
  ClusterState state;
  state.SetNodes({{"here", {.millicpus = 8'000, .memory_bytes = 100, .gpus = {}}}});
  state.SetQueues(
      {{"night", {.guaranteed = 0.25, .limit = 0.5, .weight = 3, .policy = *PolicyNamed("sjf")}}});
  state.Put(Job("a", "day", 2));
  state.Put(Job("b", "day", 1));
  state.Put(Job("c", "day", 1));
  state.Start({.job_id = "a", .nodes = {"here"}, .gpu_type = {}}, 5);
  state.Start({.job_id = "b", .nodes = {"here"}, .gpu_type = {}}, 5);
  state.Remove("b");

  const std::vector<QueueUse> queues = UseOf(state);
  ASSERT_EQ(queues.size(), 2u);
  EXPECT_EQ(queues[0].name, "day");
  EXPECT_EQ(queues[0].policy, "easy");
  EXPECT_EQ(queues[0].limit, 1);
  EXPECT_EQ(queues[0].share, 0.25);
  EXPECT_EQ(queues[0].cpus_used, 2);
  EXPECT_EQ(queues[0].memory_used_bytes, 10);
  EXPECT_EQ(queues[0].jobs_running, 1);
  EXPECT_EQ(queues[0].jobs_waiting, 1);
  EXPECT_EQ(queues[1].name, "night");
  EXPECT_EQ(queues[1].guaranteed, 0.25);
  EXPECT_EQ(queues[1].limit, 0.5);
  EXPECT_EQ(queues[1].weight, 3);
  EXPECT_EQ(queues[1].policy, "sjf");
  EXPECT_EQ(queues[1].jobs_running, 0);
}

TEST(QueueUseTest, EveryPolicyIsToldByTheNameThatConfiguresIt) {
  for (const std::string_view name : PolicyNames()) EXPECT_EQ(NameOf(*PolicyNamed(name)), name);
  EXPECT_EQ(NameOf(QueueConfig{}.policy), "easy");
  EXPECT_EQ(NameOf({.order = QueueOrder::kShortest, .fill = QueueFill::kSkip}), std::nullopt);
}

}  // namespace
}  // namespace orrery::jobs
