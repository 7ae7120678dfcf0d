#include <gmock/gmock.h>

#include "jobs/jobs.h"
#include "jobs/test_jobs.h"

namespace orrery::jobs {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Actor kAda = {"ada"};

/// Jobs whose first attempts fail, as their command says how many.
class AttemptsTest : public testing::Test {
 protected:
  AttemptsTest() {
    jobs_.executor.SetScript([](const AttemptLaunch& launch) {
      FakeRun run{.end_after = seconds(1)};
      run.outcome.exit_code = launch.id.number <= std::stoi(launch.command.at(0)) ? 7 : 0;
      run.enforcement = "rlimit: data of each process";
      run.log = "last words\n";
      return run;
    });
  }

  JobId Submit(int failing, int retries, int64_t delay = 10) {
    JobSpec spec = TestJobs::Spec("train", std::to_string(failing));
    spec.retries = retries;
    spec.retry_delay_seconds = delay;
    const JobId id = jobs_->Submit(spec, kAda).id;
    jobs_.Settle();
    return id;
  }
  Job Get(const JobId& id) { return jobs_->Get(id); }

  TestJobs jobs_;
};

TEST_F(AttemptsTest, AJobIsRetriedAfterItsPauses) {
  const JobId id = Submit(2, 3);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(id).state, JobState::kQueued);
  EXPECT_EQ(Get(id).reason, "retry 1 of 3 at 00:00:11 UTC: exited with code 7");
  EXPECT_EQ(jobs_.runs.PhaseOf(id), RunPhase::kScheduled);
  jobs_.Advance(seconds(9));
  EXPECT_EQ(Get(id).state, JobState::kQueued);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(id).state, JobState::kRunning);
  EXPECT_EQ(jobs_.runs.PhaseOf(id), RunPhase::kRunning);
  jobs_.Advance(seconds(1));
  jobs_.Advance(seconds(19));
  EXPECT_EQ(Get(id).state, JobState::kQueued);
  jobs_.Advance(seconds(1));
  jobs_.Advance(seconds(1));
  const Job job = Get(id);
  EXPECT_EQ(job.state, JobState::kSucceeded);
  ASSERT_EQ(job.attempts.size(), 3u);
  EXPECT_EQ(job.attempts[0].state, AttemptState::kFailed);
  EXPECT_EQ(job.attempts[0].cause, "exited");
  EXPECT_EQ(job.attempts[0].exit_code, 7);
  EXPECT_EQ(job.attempts[0].log_tail, "last words\n");
  EXPECT_EQ(job.attempts[0].enforcement, "rlimit: data of each process");
  EXPECT_EQ(job.attempts[2].number, 3);
  EXPECT_EQ(job.started_at, job.attempts[0].started_at);
  EXPECT_EQ(jobs_.runs.PhaseOf(id), RunPhase::kFinished);
}

TEST_F(AttemptsTest, WithItsRetriesSpentAJobHasFailed) {
  const JobId id = Submit(9, 1, 0);
  jobs_.Advance(seconds(1));
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(id).state, JobState::kFailed);
  EXPECT_EQ(Get(id).reason, "exited with code 7, and no retry is left of 1");
  EXPECT_EQ(Get(id).attempts.size(), 2u);
  EXPECT_EQ(jobs_.runs.PhaseOf(id), RunPhase::kFailed);
}

TEST_F(AttemptsTest, ARetrySurvivesARestart) {
  const JobId id = Submit(1, 1);
  jobs_.Advance(seconds(1));
  jobs_.Restart();
  jobs_.Advance(seconds(9));
  EXPECT_EQ(Get(id).state, JobState::kQueued);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(id).state, JobState::kRunning);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(id).state, JobState::kSucceeded);
}

TEST_F(AttemptsTest, AClockThatJumpsNeitherLosesNorHurriesARetry) {
  for (const hours jump : {hours(-1), hours(1), hours(24 * 3650)}) {
    const JobId id = Submit(1, 1);
    jobs_.Advance(seconds(1));
    jobs_.clock.Jump(jump);
    jobs_.Advance(seconds(9));
    EXPECT_EQ(Get(id).state, JobState::kQueued) << jump.count();
    jobs_.Advance(seconds(1));
    EXPECT_EQ(Get(id).state, JobState::kRunning) << jump.count();
    jobs_.Advance(seconds(1));
    EXPECT_EQ(Get(id).attempts.size(), 2u);
    EXPECT_EQ(Get(id).state, JobState::kSucceeded);
    EXPECT_GE(*Get(id).ended_at, *Get(id).started_at);
  }
}

TEST_F(AttemptsTest, AClockSetBackOverARestartDelaysARetryByNoMoreThanItsPause) {
  const JobId id = Submit(1, 1);
  jobs_.Advance(seconds(1));
  jobs_.clock.Jump(hours(-1000));
  jobs_.Restart();
  jobs_.Advance(seconds(10));
  EXPECT_EQ(Get(id).state, JobState::kRunning);
}

TEST_F(AttemptsTest, AJobThatWaitsForItsRetryCanBeCancelled) {
  const JobId id = Submit(1, 1);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(jobs_->Cancel(id, kAda).state, JobState::kCancelled);
  jobs_.Advance(seconds(60));
  EXPECT_EQ(Get(id).attempts.size(), 1u);
  EXPECT_EQ(jobs_.runs.PhaseOf(id), RunPhase::kKilled);
}

TEST_F(AttemptsTest, ALostAttemptIsRetried) {
  const JobId id = Submit(0, 1, 0);
  jobs_.executor.Lose({id.text(), 1});
  jobs_.Settle();
  EXPECT_EQ(Get(id).attempts.at(0).cause, "lost_with_supervisor");
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(id).state, JobState::kSucceeded);
}

TEST_F(AttemptsTest, AHigherPriorityPreemptsAndTheVictimRunsAgain) {
  JobSpec spec = TestJobs::Spec("low", "0");
  spec.cpus = 2;
  const JobId low = jobs_->Submit(spec, kAda).id;
  jobs_.Settle();
  spec.name = "high";
  spec.priority = 5;
  const JobId high = jobs_->Submit(spec, kAda).id;
  jobs_.Settle();
  jobs_.Settle();
  EXPECT_EQ(Get(high).state, JobState::kRunning);
  const Job victim = Get(low);
  EXPECT_EQ(victim.state, JobState::kQueued);
  EXPECT_EQ(victim.attempts.at(0).cause, "preempted");
  EXPECT_THAT(victim.transitions.back().cause,
              HasSubstr("preempted to make room for job " + high.text().substr(0, 8) + " (high)"));
  EXPECT_EQ(jobs_.runs.PhaseOf(low), RunPhase::kScheduled);
  jobs_.Restart();
  jobs_.Advance(seconds(1));
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Get(low).state, JobState::kSucceeded);
  EXPECT_EQ(Get(low).attempts.size(), 2u);
}

TEST_F(AttemptsTest, EachAttemptIsToldItsNumberAndItsGrace) {
  JobSpec spec = TestJobs::Spec("train", "1");
  spec.retries = 1;
  spec.retry_delay_seconds = 0;
  spec.grace_seconds = 77;
  spec.checkpoint_signal = CheckpointSignal::kUsr1;
  jobs_->Submit(spec, kAda);
  jobs_.Settle();
  jobs_.Advance(seconds(1));
  const auto launches = jobs_.executor.Launches();
  ASSERT_EQ(launches.size(), 2u);
  EXPECT_EQ(launches[1].env.at("ORRERY_ATTEMPT"), "2");
  EXPECT_GT(launches[1].token, launches[0].token);
  EXPECT_EQ(launches[1].grace, seconds(77));
  EXPECT_EQ(launches[1].checkpoint_signal, SIGUSR1);
}

}  // namespace
}  // namespace orrery::jobs
