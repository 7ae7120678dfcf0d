#include <gmock/gmock.h>

#include "base/code_of.h"
#include "jobs/test_jobs.h"
#include "jobs/validate.h"

namespace orrery::jobs {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

const Actor kAda = {"ada"};

std::string MessageOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

/// A machine with 8 CPUs and the queues day, night and short.
class QueuesTest : public testing::Test {
 protected:
  QueuesTest() {
    jobs_.executor.SetScript([](const AttemptLaunch& launch) {
      return FakeRun{.end_after = seconds(std::stoi(launch.command.at(0)))};
    });
  }
  JobSpec Spec(const std::string& name, const std::string& queue, int lasts, double cpus) {
    JobSpec spec = TestJobs::Spec(name, std::to_string(lasts));
    spec.queue = queue;
    spec.cpus = cpus;
    return spec;
  }
  JobId Submit(const JobSpec& spec) { return jobs_->Submit(spec, kAda).id; }
  JobState StateOf(const JobId& id) { return jobs_->Get(id).state; }

  TestJobs jobs_{{{"here", 8, 8LL << 30, {}}},
                 {{"day", {.guaranteed = 0.5}},
                  {"night", {.limit = 0.25}},
                  {"short", {.policy = PolicyNamed("sjf").value()}}}};
};

TEST_F(QueuesTest, JobsOfOtherQueuesAreRefusedWithTheNamesOfThoseThatExist) {
  const auto submit = [&] { Submit(Spec("a", "default", 1, 1)); };
  EXPECT_EQ(CodeOf(submit), Code::kInvalidArgument);
  EXPECT_EQ(MessageOf(submit), "queue: no such queue: expected one of day, night, short, got \"default\"");
  EXPECT_EQ(MessageOf([&] {
              jobs_->SubmitArray({Spec("a", "dai", 1, 1), "1-3"}, kAda);
            }),
            "queue: no such queue: expected one of day, night, short, got \"dai\"");
}

TEST_F(QueuesTest, AJobThatItsQueueCouldNeverHoldIsRefusedSayingWhy) {
  const auto submit = [&] { Submit(Spec("a", "night", 1, 2.5)); };
  EXPECT_EQ(CodeOf(submit), Code::kFailedPrecondition);
  EXPECT_EQ(MessageOf(submit),
            "this job could never run here: it needs 2.5 CPUs; queue night may hold 2 of 8");
  Submit(Spec("a", "night", 1, 2));
}

TEST_F(QueuesTest, NoQueueHoldsMoreThanItsLimit) {
  const JobId first = Submit(Spec("a", "night", 10, 1.5));
  const JobId second = Submit(Spec("a", "night", 10, 1.5));
  jobs_.Advance(seconds(0));
  EXPECT_EQ(StateOf(first), JobState::kRunning);
  EXPECT_EQ(StateOf(second), JobState::kQueued);
  EXPECT_THAT(jobs_->Get(second).reason, HasSubstr("needs 1.5 CPUs; queue night may hold 2 and holds 1.5"));
  jobs_.Advance(seconds(10));
  EXPECT_EQ(StateOf(second), JobState::kRunning);
}

TEST_F(QueuesTest, WhatAQueueIsGuaranteedIsGivenBackToIt) {
  const JobId borrower = Submit(Spec("borrower", "short", 1'000, 8));
  jobs_.Advance(seconds(0));
  const JobId owner = Submit(Spec("owner", "day", 10, 4));
  jobs_.Advance(seconds(1));
  EXPECT_EQ(StateOf(owner), JobState::kRunning);
  EXPECT_EQ(StateOf(borrower), JobState::kQueued);
  EXPECT_EQ(jobs_->Get(borrower).attempts.at(0).cause, "preempted");
}

TEST_F(QueuesTest, ShortestFirstGoesByWhatJobsOfTheNameTookBefore) {
  for (int i = 0; i < 3; ++i) {
    Submit(Spec("long", "short", 600, 4));
    Submit(Spec("brief", "short", 5, 4));
    jobs_.Advance(seconds(0));
    jobs_.Advance(seconds(5));
    jobs_.Advance(seconds(595));
  }
  Submit(Spec("holder", "short", 10, 8));
  jobs_.Advance(seconds(0));
  const JobId longer = Submit(Spec("long", "short", 600, 8));
  const JobId brief = Submit(Spec("brief", "short", 5, 8));
  jobs_.Advance(seconds(10));
  EXPECT_EQ(StateOf(brief), JobState::kRunning);
  EXPECT_EQ(StateOf(longer), JobState::kQueued);
}

TEST_F(QueuesTest, ConfiguredQueuesAreListedWithoutJobs) {
  jobs_.Settle();
  const Cluster cluster = jobs_->Capacity();
  ASSERT_EQ(cluster.queues.size(), 3u);
  EXPECT_EQ(cluster.queues[1].name, "night");
  EXPECT_EQ(cluster.queues[1].limit, 0.25);
  EXPECT_EQ(cluster.queues[2].policy, "sjf");
}

TEST(QueueWordsTest, WhatAQueueMayHoldIsRoundedDownToWholeGpus) {
  const std::vector<ExecutorNode> nodes = {
      {"here", 8, 8LL << 30, {{"0", "H100", 0}, {"1", "H100", 0}, {"2", "H100", 0}}}};
  JobSpec spec = TestJobs::Spec("a");
  spec.gpus = 2;
  EXPECT_EQ(WhyNeverIn("night", {.limit = 0.5}, spec, nodes), "needs 2 GPUs; queue night may hold 1 of 3");
  EXPECT_EQ(WhyNeverIn("night", {.limit = 0.67}, spec, nodes), std::nullopt);
  spec.memory_bytes = 6LL << 30;
  EXPECT_THAT(WhyNeverIn("night", {.limit = 0.67}, spec, nodes).value_or(""),
              HasSubstr("of memory; queue night may hold"));
}

}  // namespace
}  // namespace orrery::jobs
