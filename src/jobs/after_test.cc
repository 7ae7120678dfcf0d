#include <gmock/gmock.h>

#include "base/code_of.h"
#include "jobs/jobs.h"
#include "jobs/test_jobs.h"

namespace orrery::jobs {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Actor kAda = {"ada"};

/// Jobs that run for a second and exit with what their command says.
class AfterTest : public testing::Test {
 protected:
  AfterTest() {
    jobs_.executor.SetScript([](const AttemptLaunch& launch) {
      FakeRun run{.end_after = seconds(1)};
      run.outcome.exit_code = std::stoi(launch.command.at(0));
      return run;
    });
  }

  static JobSpec Spec(const std::string& name, std::vector<AfterSpec> after = {}, int exit_code = 0) {
    JobSpec spec = TestJobs::Spec(name, std::to_string(exit_code));
    spec.after = std::move(after);
    return spec;
  }
  Job Submit(const std::string& name, std::vector<AfterSpec> after = {}, int exit_code = 0) {
    const Job job = jobs_->Submit(Spec(name, std::move(after), exit_code), kAda);
    jobs_.Settle();
    return job;
  }
  Job Get(const Job& job) { return jobs_->Get(job.id); }

  TestJobs jobs_;
};

TEST_F(AfterTest, AJobWaitsForTheOneItRunsAfterAndSaysSo) {
  const Job first = Submit("prepare");
  const Job second = Submit("train", {{first.id.text()}});
  const std::string words = "waits for job " + first.id.text().substr(0, 8) + " (prepare) to succeed";
  EXPECT_EQ(second.state, JobState::kPending);
  EXPECT_EQ(second.reason, words);
  EXPECT_EQ(Get(second).reason, words);
  EXPECT_EQ(jobs_->List({}).jobs.at(0).reason, words);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(second).state, JobState::kRunning);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(second).state, JobState::kSucceeded);
  // What has ended well is waited for no more.
  EXPECT_EQ(Submit("report", {{first.id.text()}, {second.id.text(), AfterCondition::kAnyEnd}}).state,
            JobState::kQueued);
}

TEST_F(AfterTest, ItWaitsForAllOfThem) {
  const Job one = Submit("one");
  const Job two = Submit("two");
  const Job three = Submit("three", {{one.id.text()}});
  const Job last =
      Submit("last", {{one.id.text()}, {two.id.text(), AfterCondition::kAnyEnd}, {three.id.text()}});
  EXPECT_THAT(Get(last).reason, HasSubstr("(one) to succeed, job "));
  EXPECT_THAT(Get(last).reason, HasSubstr("(two) to end and 1 more"));
  jobs_.Advance(seconds(1));
  EXPECT_THAT(Get(last).reason, HasSubstr("(three) to succeed"));
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(last).state, JobState::kRunning);
}

TEST_F(AfterTest, AFailureCancelsWhatNeedsASuccessAndAllBehindIt) {
  const Job fails = Submit("prepare", {}, 3);
  const Job second = Submit("train", {{fails.id.text()}});
  const Job third = Submit("report", {{second.id.text()}});
  const Job cleans = Submit("clean", {{fails.id.text(), AfterCondition::kAnyEnd}});
  const Job last = Submit("last", {{third.id.text(), AfterCondition::kAnyEnd}});
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(second).state, JobState::kCancelled);
  EXPECT_EQ(Get(second).reason,
            "job " + fails.id.text().substr(0, 8) + " (prepare), which it runs after, failed");
  EXPECT_EQ(jobs_.runs.PhaseOf(second.id), RunPhase::kKilled);
  EXPECT_EQ(Get(third).reason,
            "job " + second.id.text().substr(0, 8) + " (train), which it runs after, was cancelled");
  EXPECT_EQ(Get(cleans).state, JobState::kRunning);
  EXPECT_EQ(Get(last).state, JobState::kRunning);
  const Job late = Submit("late", {{fails.id.text()}});
  EXPECT_EQ(late.state, JobState::kCancelled);
  EXPECT_TRUE(late.ended_at.has_value());
}

TEST_F(AfterTest, ARetryIsNoEnd) {
  JobSpec spec = Spec("prepare", {}, 1);
  spec.retries = 1;
  const Job first = jobs_->Submit(spec, kAda);
  jobs_.Settle();
  const Job second = Submit("train", {{first.id.text(), AfterCondition::kAnyEnd}});
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(second).state, JobState::kPending);
  jobs_.Advance(seconds(10));
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(second).state, JobState::kRunning);
}

TEST_F(AfterTest, AWaitingJobCanBeCancelledAndSurvivesARestart) {
  const Job first = Submit("prepare");
  const Job second = Submit("train", {{first.id.text()}});
  const Job third = Submit("report", {{first.id.text()}});
  EXPECT_EQ(jobs_->Cancel(third.id, kAda).state, JobState::kCancelled);
  jobs_.Restart();
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(second).state, JobState::kRunning);
  EXPECT_EQ(Get(third).reason, "cancelled by ada");
}

TEST_F(AfterTest, OnlyJobsThatAreThereCanBeNamedAndOnlyOnce) {
  const Job first = Submit("prepare");
  EXPECT_EQ(ErrorOf([&] { Submit("train", {{first.id.text()}, {"none"}}); }).field(), "after[1].job");
  EXPECT_EQ(ErrorOf([&] {
              Submit("train", {{first.id.text()}, {first.id.text()}});
            }).field(),
            "after[1].job");
  EXPECT_EQ(ErrorOf([&] { Submit("train", {{"no id"}}); }).field(), "after[0].job");
  EXPECT_THAT(jobs_->List({}).jobs, SizeIs(1));
}

TEST_F(AfterTest, ABatchRunsAfterOneAnotherByName) {
  const BatchSpec batch{{Spec("report", {{"train"}, {"check", AfterCondition::kAnyEnd}}),
                         Spec("train", {{"prepare"}}), Spec("prepare"), Spec("check", {{"prepare"}}, 1)}};
  const std::vector<Job> jobs = jobs_->SubmitBatch(batch, kAda, "key");
  ASSERT_THAT(jobs, SizeIs(4));
  EXPECT_EQ(jobs[0].name, "report");
  EXPECT_EQ(jobs[0].state, JobState::kPending);
  EXPECT_EQ(jobs[2].state, JobState::kQueued);
  EXPECT_EQ(jobs[1].spec.after[0].job, jobs[2].id.text());
  for (int i = 0; i < 4; ++i) jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(jobs[0]).state, JobState::kSucceeded);
  EXPECT_EQ(Get(jobs[3]).state, JobState::kFailed);

  const std::vector<Job> again = jobs_->SubmitBatch(batch, kAda, "key");
  for (size_t i = 0; i < jobs.size(); ++i) EXPECT_EQ(again[i].id, jobs[i].id);
  EXPECT_THAT(jobs_->List({}).jobs, SizeIs(4));
}

TEST_F(AfterTest, ABatchIsTakenInAsAWholeOrNotAtAll) {
  const Job outside = Submit("outside");
  const auto refused = [&](std::vector<JobSpec> specs) {
    return ErrorOf([&] { jobs_->SubmitBatch({std::move(specs)}, kAda); });
  };
  const Error cycle = refused({Spec("a", {{"c"}}), Spec("b", {{"a"}}), Spec("c", {{"b"}}), Spec("d")});
  EXPECT_EQ(cycle.field(), "jobs");
  EXPECT_THAT(cycle.what(), HasSubstr("in a cycle, so that none could ever start: a -> c -> b -> a"));
  EXPECT_THAT(refused({Spec("a", {{"a"}})}).what(), HasSubstr("a -> a"));
  EXPECT_EQ(refused({Spec("a"), Spec("a"), Spec("b", {{"a"}})}).field(), "jobs[2].after[0].job");
  EXPECT_EQ(refused({Spec("a"), Spec("b", {{"zzz"}})}).field(), "after[0].job");
  EXPECT_EQ(refused({}).field(), "jobs");
  EXPECT_EQ(refused(std::vector<JobSpec>(1'001, Spec("a"))).field(), "jobs");
  JobSpec wrong = Spec("wrong");
  wrong.cpus = -1;
  EXPECT_EQ(refused({Spec("a"), wrong}).field(), "jobs[1].cpus");
  wrong.cpus = 64;
  const Error never = refused({Spec("a"), wrong});
  EXPECT_EQ(never.code(), Code::kFailedPrecondition);
  EXPECT_THAT(never.what(), HasSubstr("jobs[1]: this job could never run here"));
  EXPECT_THAT(jobs_->List({}).jobs, SizeIs(1));
  EXPECT_NO_THROW(jobs_->SubmitBatch({{Spec("a"), Spec("a", {{outside.id.text()}})}}, kAda));
}

TEST_F(AfterTest, AFailureBeforeTheBatchTakesAllOfItAlong) {
  const Job fails = Submit("fails", {}, 1);
  jobs_.Advance(seconds(1));
  const auto jobs = jobs_->SubmitBatch({{Spec("b", {{"a"}}), Spec("a", {{fails.id.text()}})}}, kAda);
  EXPECT_EQ(jobs[0].state, JobState::kCancelled);
  EXPECT_EQ(jobs[1].state, JobState::kCancelled);
}

}  // namespace
}  // namespace orrery::jobs
