#include <gmock/gmock.h>

#include "base/code_of.h"
#include "jobs/test_jobs.h"

// What the loop keeps between turns: the scheduler's state, what it promised, what it learned.
namespace orrery::jobs {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const Actor kAda = {"ada"};

class KeptStateTest : public testing::Test {
 protected:
  KeptStateTest() {
    jobs_.executor.SetScript([](const AttemptLaunch& launch) {
      return FakeRun{.end_after = seconds(std::stoi(launch.command.at(0)))};
    });
  }
  JobId Submit(const std::string& name, int lasts, double cpus = 2) {
    JobSpec spec = TestJobs::Spec(name, std::to_string(lasts));
    spec.cpus = cpus;
    return jobs_->Submit(spec, kAda).id;
  }
  JobState StateOf(const JobId& id) { return jobs_->Get(id).state; }
  std::string ReasonOf(const JobId& id) { return jobs_->Get(id).reason; }

  TestJobs jobs_;
};

TEST_F(KeptStateTest, NothingIsDecidedWhileNothingChanges) {
  Submit("holder", 10'000);
  for (int i = 0; i < 50; ++i) Submit("waits", 5);
  jobs_.Advance(seconds(0));
  const int64_t decided = jobs_->Decisions();
  for (int i = 0; i < 100; ++i) jobs_.Advance(seconds(1));
  EXPECT_EQ(jobs_->Decisions(), decided);
  Submit("another", 5);
  jobs_.Settle();
  EXPECT_EQ(jobs_->Decisions(), decided + 1);
}

TEST_F(KeptStateTest, ReasonsFollowAChangeInTheVeryNextTurn) {
  const JobId holder = Submit("holder", 10'000);
  jobs_.Advance(seconds(0));
  const JobId first = Submit("first", 5);
  const JobId second = Submit("second", 5);
  jobs_->Turn();
  EXPECT_THAT(ReasonOf(second), HasSubstr("position 2"));
  jobs_->Cancel(first, kAda);
  jobs_->Turn();
  EXPECT_THAT(ReasonOf(second), HasSubstr("position 1"));
  EXPECT_THAT(ReasonOf(second), HasSubstr("2 held by job " + holder.text().substr(0, 8)));
  jobs_->Cancel(holder, kAda);
  jobs_->Turn();
  jobs_->Turn();
  EXPECT_THAT(ReasonOf(second), HasSubstr("waits for job " + holder.text().substr(0, 8)));
}

TEST_F(KeptStateTest, WhatEndedSaysUntilWhenResourcesAreHeld) {
  for (int i = 0; i < 3; ++i) Submit("train", 600);
  jobs_.Advance(seconds(0));
  for (int i = 0; i < 3; ++i) jobs_.Advance(minutes(10));
  Submit("train", 600);
  const JobId waits = Submit("other", 5);
  jobs_.Advance(seconds(0));
  EXPECT_THAT(ReasonOf(waits), HasSubstr("(train) until about 00:40"));
  EXPECT_THAT(ReasonOf(waits), HasSubstr("expected to start at about 00:40"));
  jobs_.Restart();
  jobs_.Settle();
  EXPECT_THAT(ReasonOf(waits), HasSubstr("(train) until about 00:40"));
}

TEST_F(KeptStateTest, JobsThatWaitedBeforeAnythingWasKnownAreEstimatedOnceItIs) {
  const JobId first = Submit("train", 600);
  jobs_.Advance(seconds(0));
  const JobId second = Submit("train", 600);
  const JobId third = Submit("train", 600);
  jobs_.Settle();
  EXPECT_THAT(ReasonOf(third), Not(HasSubstr("at about")));
  jobs_.Advance(minutes(10));
  EXPECT_EQ(StateOf(first), JobState::kSucceeded);
  EXPECT_EQ(StateOf(second), JobState::kRunning);
  EXPECT_THAT(ReasonOf(third), HasSubstr("expected to start at about 00:20"));
}

TEST_F(KeptStateTest, AnEstimateNeverPassesTheTimeout) {
  for (int i = 0; i < 3; ++i) Submit("train", 3'600);
  jobs_.Advance(seconds(0));
  for (int i = 0; i < 3; ++i) jobs_.Advance(minutes(60));
  JobSpec spec = TestJobs::Spec("train", "3600");
  spec.cpus = 2;
  spec.timeout_seconds = 300;
  jobs_->Submit(spec, kAda);
  const JobId waits = Submit("other", 5);
  jobs_.Advance(seconds(0));
  EXPECT_THAT(ReasonOf(waits), HasSubstr("(train) until about 03:05"));
}

TEST_F(KeptStateTest, JobsThatSomebodyEndedTeachNothing) {
  for (int i = 0; i < 3; ++i) {
    const JobId id = Submit("train", 600);
    jobs_.Advance(seconds(1));
    jobs_->Cancel(id, kAda);
    jobs_.Advance(seconds(1));
  }
  Submit("train", 600);
  const JobId waits = Submit("other", 5);
  jobs_.Advance(seconds(0));
  EXPECT_THAT(ReasonOf(waits), Not(HasSubstr("until about")));
  jobs_.Restart();
  jobs_.Settle();
  EXPECT_THAT(ReasonOf(waits), Not(HasSubstr("until about")));
}

TEST_F(KeptStateTest, TheHistoryIsReadFromItsIndexAlone) {
  std::string plan;
  jobs_.database->Read([&](sql::Reader& reader) {
    reader.Visit(
        "EXPLAIN QUERY PLAN SELECT attempts.ended_at - attempts.started_at, submitted_by, spec FROM attempts "
        "JOIN jobs ON jobs.id = attempts.job_id WHERE attempts.started_at IS NOT NULL AND "
        "attempts.cause IN ('exited', 'signalled', 'out_of_memory', 'timeout') "
        "ORDER BY attempts.ended_at DESC LIMIT 5",
        [&](const sql::Row& row) { plan += sql::Get<std::string>(row, 3) + "\n"; });
  });
  EXPECT_THAT(plan, HasSubstr("attempts_of_a_length"));
  EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE")));
}

TEST(HeldGpusTest, TheTypeThatAJobHoldsSurvivesARestart) {
  TestJobs jobs({{"here", 8, 4LL << 30, {{"0", "A100", 0}, {"1", "H100", 0}, {"2", "H100", 0}}}});
  jobs.executor.SetScript([](const AttemptLaunch&) { return FakeRun{.end_after = seconds(1'000)}; });
  JobSpec any = TestJobs::Spec("any");
  any.gpus = 2;
  const JobId holder = jobs->Submit(any, kAda).id;
  jobs.Advance(seconds(0));
  EXPECT_EQ(jobs->Get(holder).attempts.at(0).gpu_type, "H100");
  EXPECT_EQ(jobs.executor.Launches().at(0).gpu_type, "H100");
  jobs.Restart();
  JobSpec typed = TestJobs::Spec("typed");
  typed.gpus = 1;
  typed.gpu_type = "H100";
  const JobId waits = jobs->Submit(typed, kAda).id;
  typed.gpu_type = "A100";
  const JobId starts = jobs->Submit(typed, kAda).id;
  jobs.Advance(seconds(1));
  EXPECT_EQ(jobs->Get(starts).state, JobState::kRunning);
  EXPECT_EQ(jobs->Get(waits).state, JobState::kQueued);
  EXPECT_THAT(jobs->Get(waits).reason, HasSubstr("0 are free, 2 held by job " + holder.text().substr(0, 8)));
}

}  // namespace
}  // namespace orrery::jobs
