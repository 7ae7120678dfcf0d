#include "jobs/jobs.h"

#include <gmock/gmock.h>

#include "base/code_of.h"
#include "base/json.h"
#include "content/manifest.h"
#include "jobs/test_jobs.h"

namespace orrery::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Actor kAda = {"ada"};

FakeRun Lasts(seconds time, int exit_code = 0) {
  FakeRun run{.end_after = time};
  run.outcome.exit_code = exit_code;
  return run;
}

std::vector<JobState> StatesOf(const Job& job) {
  std::vector<JobState> states;
  for (const Transition& transition : job.transitions) states.push_back(transition.state);
  return states;
}

class JobsTest : public testing::Test {
 protected:
  JobId Submit(const std::string& name, double cpus = 1, int priority = 0) {
    JobSpec spec = TestJobs::Spec(name);
    spec.cpus = cpus;
    spec.priority = priority;
    const Job job = jobs_->Submit(spec, kAda);
    jobs_.Settle();
    return job.id;
  }
  JobState StateOf(const JobId& id) { return jobs_->Get(id).state; }

  TestJobs jobs_;
};

TEST_F(JobsTest, AJobGoesFromSubmitToItsEnd) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Lasts(seconds(5)); });
  const JobId id = Submit("train");
  jobs_.Advance(seconds(0));
  EXPECT_EQ(StateOf(id), JobState::kRunning);
  EXPECT_EQ(jobs_.runs.PhaseOf(id), RunPhase::kRunning);
  jobs_.Advance(seconds(5));
  const Job job = jobs_->Get(id);
  EXPECT_THAT(StatesOf(job), ElementsAre(JobState::kPending, JobState::kQueued, JobState::kStarting,
                                         JobState::kRunning, JobState::kSucceeded));
  EXPECT_EQ(job.reason, "exited with code 0");
  EXPECT_EQ(job.submitted_by, "ada");
  EXPECT_EQ(job.run_id, "run-" + id.text());
  EXPECT_EQ(*job.ended_at - *job.started_at, seconds(5));
  ASSERT_EQ(job.attempts.size(), 1u);
  EXPECT_EQ(job.attempts[0].state, AttemptState::kSucceeded);
  EXPECT_EQ(job.attempts[0].host, "here");
  EXPECT_EQ(job.attempts[0].exit_code, 0);
  EXPECT_EQ(job.attempts[0].supervisor_pid, 1);
  EXPECT_EQ(jobs_.runs.PhaseOf(id), RunPhase::kFinished);
  EXPECT_THAT(jobs_.executor.Observe(), IsEmpty());
}

TEST_F(JobsTest, EachTransitionIsOneEvent) {
  const JobId id = Submit("train");
  jobs_.Advance(seconds(0));
  std::vector<std::string> types;
  for (const events::Event& event : jobs_.events.After(0, {.subject = "job:" + id.text()}, 100)) {
    types.push_back(event.type);
  }
  EXPECT_THAT(types,
              ElementsAre("job_pending", "job_queued", "job_starting", "job_running", "job_succeeded"));
}

TEST_F(JobsTest, AFailureSaysWhy) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Lasts(seconds(1), 2); });
  const JobId failed = Submit("fails");
  jobs_.executor.SetScript(
      [](const AttemptLaunch&) -> FakeRun { throw Error(Code::kStorageFull, "disk full"); });
  const JobId refused = Submit("no space");
  jobs_.Advance(seconds(1));
  EXPECT_EQ(StateOf(failed), JobState::kFailed);
  EXPECT_EQ(jobs_->Get(failed).reason, "exited with code 2");
  EXPECT_EQ(jobs_.runs.PhaseOf(failed), RunPhase::kFailed);
  EXPECT_EQ(StateOf(refused), JobState::kFailed);
  EXPECT_EQ(jobs_->Get(refused).attempts[0].cause, "storage_full");
}

TEST_F(JobsTest, WhatTheEnvironmentCameToIsStoredOnceTheCommandBegan) {
  const EnvironmentSpec resolved{.lock = "mlflow==3.0 --hash=sha256:00\n"};
  jobs_.executor.SetScript([&](const AttemptLaunch&) {
    return FakeRun{.run_after = seconds(1), .end_after = seconds(1), .resolved = resolved};
  });
  JobSpec spec = TestJobs::Spec("train");
  spec.environment = EnvironmentSpec{.requirements = "mlflow\n"};
  const JobId id = jobs_->Submit(spec, kAda).id;
  jobs_.Settle();
  EXPECT_FALSE(jobs_->Get(id).attempts.at(0).environment);
  jobs_.Advance(seconds(1));
  const auto running = jobs_->Get(id).attempts.at(0).environment;
  ASSERT_TRUE(running);
  EXPECT_EQ(FromJson<EnvironmentSpec>(jobs_.content.ReadAll(*running)), resolved);
  EXPECT_EQ(jobs_.runs.EnvironmentOf(id), *running);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(jobs_->Get(id).state, JobState::kSucceeded);
  EXPECT_EQ(jobs_->Get(id).attempts.at(0).environment, running);
  // Kept for as long as the job is.
  jobs_.content.Collect(seconds(0));
  jobs_.clock.Advance(seconds(1));
  jobs_.content.Collect(seconds(0));
  EXPECT_TRUE(jobs_.content.Find(*running));
}

TEST_F(JobsTest, AnEnvironmentThatCanNeverBePreparedIsRefused) {
  jobs_.executor.SetRefusal("needs podman");
  JobSpec spec = TestJobs::Spec("train");
  Submit("without one");
  spec.environment = EnvironmentSpec{.image = "localhost/mine:1"};
  const Error refusal = ErrorOf([&] { jobs_->Submit(spec, kAda); });
  EXPECT_EQ(refusal.code(), Code::kFailedPrecondition);
  EXPECT_EQ(refusal.field(), "environment");
  EXPECT_STREQ(refusal.what(), "this job could never run here: it needs podman");
}

TEST_F(JobsTest, TheCommandIsToldWhereItRuns) {
  JobSpec spec = TestJobs::Spec("train", "python");
  spec.params = {{"lr", "0.1"}};
  spec.seed = (int64_t{1} << 32) + 7;
  spec.env = {{"MINE", "1"}};
  spec.timeout_seconds = 60;
  spec.environment = EnvironmentSpec{.requirements = "mlflow\n"};
  const JobId id = jobs_->Submit(spec, kAda).id;
  jobs_.Settle();
  const AttemptLaunch launch = jobs_.executor.Launches().at(0);
  EXPECT_EQ(launch.id, (AttemptId{id.text(), 1}));
  EXPECT_GT(launch.token, 0);
  EXPECT_EQ(launch.timeout, seconds(60));
  EXPECT_EQ(launch.environment, EnvironmentSpec{.requirements = "mlflow\n"});
  const std::map<std::string, std::string> expected = {{"MINE", "1"},
                                                       {"MLFLOW_TRACKING_URI", "http://127.0.0.1:1"},
                                                       {"MLFLOW_RUN_ID", "run-" + id.text()},
                                                       {"MLFLOW_EXPERIMENT_ID", "0"},
                                                       {"ORRERY_JOB_ID", id.text()},
                                                       {"ORRERY_ATTEMPT", "1"},
                                                       {"ORRERY_PARAMS", "{\"lr\":\"0.1\"}"},
                                                       {"ORRERY_SEED", "4294967303"},
                                                       {"PYTHONHASHSEED", "7"}};
  EXPECT_EQ(launch.env, expected);
}

TEST_F(JobsTest, AJobThatWaitsSaysForWhat) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Lasts(seconds(9)); });
  const JobId holder = Submit("holder", 1.5);
  const JobId next = Submit("next", 2);
  const JobId last = Submit("last", 0.5);
  const std::string expected =
      "needs 2 CPUs; 0.5 are free, 1.5 held by job " + holder.text().substr(0, 8) + " (holder); position 1";
  EXPECT_EQ(jobs_->Get(next).reason, expected);
  EXPECT_THAT(jobs_->Get(last).reason, HasSubstr("waits behind job " + next.text().substr(0, 8)));
  EXPECT_EQ(jobs_->List({}).jobs[1].reason, expected);
  const Cluster cluster = jobs_->Capacity();
  EXPECT_EQ(cluster.jobs_running, 1);
  EXPECT_EQ(cluster.jobs_waiting, 2);
  ASSERT_EQ(cluster.queues.size(), 1u);
  EXPECT_EQ(cluster.queues[0].name, "default");
  EXPECT_EQ(cluster.queues[0].cpus_used, 1.5);
  EXPECT_EQ(cluster.queues[0].jobs_waiting, 2);
  EXPECT_EQ(cluster.nodes.at(0).cpus_free, 0.5);
  EXPECT_EQ(cluster.nodes.at(0).memory_free_bytes, (4LL << 30) - (512LL << 20));
  jobs_.Advance(seconds(9));
  EXPECT_EQ(StateOf(next), JobState::kRunning);
  EXPECT_EQ(StateOf(last), JobState::kQueued);
  jobs_.Advance(seconds(9));
  EXPECT_EQ(StateOf(last), JobState::kRunning);
}

TEST_F(JobsTest, PriorityGoesFirst) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Lasts(seconds(9)); });
  Submit("holder", 2, 1);
  const JobId low = Submit("low", 2, -1);
  const JobId high = Submit("high", 2, 1);
  jobs_.Advance(seconds(9));
  EXPECT_EQ(StateOf(high), JobState::kRunning);
  EXPECT_EQ(StateOf(low), JobState::kQueued);
}

TEST_F(JobsTest, CancelEndsWaitingAndRunningJobs) {
  jobs_.executor.SetScript([](const AttemptLaunch&) {
    FakeRun run = Lasts(seconds(99));
    run.ignores_sigterm = true;
    return run;
  });
  const JobId running = Submit("running", 2);
  const JobId waiting = Submit("waiting", 2);
  EXPECT_EQ(jobs_->Cancel(waiting, kAda).state, JobState::kCancelled);
  jobs_.Advance(seconds(0));
  jobs_->Cancel(running, kAda);
  jobs_->Cancel(running, kAda);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(StateOf(running), JobState::kRunning);
  EXPECT_EQ(jobs_->Get(running).reason, "cancelled by ada");
  jobs_.Advance(seconds(10));
  EXPECT_EQ(StateOf(running), JobState::kCancelled);
  EXPECT_EQ(jobs_.runs.PhaseOf(running), RunPhase::kKilled);
  EXPECT_EQ(jobs_->Cancel(running, kAda).state, JobState::kCancelled)
      << "a repetition, its answer may be lost";
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Lasts(seconds(1)); });
  const JobId ended = Submit("ended", 2);
  jobs_.Advance(seconds(9));
  EXPECT_EQ(ErrorOf([&] { jobs_->Cancel(ended, kAda); }).code(), Code::kFailedPrecondition);
  EXPECT_EQ(ErrorOf([&] { jobs_->Cancel(JobId::Parse("none"), kAda); }).code(), Code::kNotFound);
}

TEST_F(JobsTest, AJobThatCouldNeverRunIsRefusedWithTheReason) {
  JobSpec spec = TestJobs::Spec("train");
  spec.gpus = 8;
  const Error error = ErrorOf([&] { jobs_->Submit(spec, kAda); });
  EXPECT_EQ(error.code(), Code::kFailedPrecondition);
  EXPECT_THAT(error.what(), HasSubstr("needs 8 GPUs; this machine has 0"));
  EXPECT_THAT(jobs_->List({}).jobs, IsEmpty());
}

TEST_F(JobsTest, InputsAreHashedAsTheyAre) {
  const std::string path = jobs_.database.directory() + "/flights.csv";
  jobs_.files.WriteDurably(path, "a,b\n");
  JobSpec spec = TestJobs::Spec("train");
  spec.inputs = {{path}};
  const Job job = jobs_->Submit(spec, kAda);
  EXPECT_EQ(job.spec.inputs[0].digest, DigestOf("a,b\n").text());
  EXPECT_EQ(job.spec.inputs[0].size, 4);
  spec.inputs = job.spec.inputs;
  EXPECT_NO_THROW(jobs_->Submit(spec, kAda));
  jobs_.files.WriteDurably(path, "a,c\n");
  EXPECT_EQ(ErrorOf([&] { jobs_->Submit(spec, kAda); }).field(), "inputs[0].digest");
  for (const std::string& bad :
       {path + ".gone", path + "/below", jobs_.database.directory(), std::string("/dev/null")}) {
    spec.inputs = {{path}, {bad}};
    const Error error = ErrorOf([&] { jobs_->Submit(spec, kAda); });
    EXPECT_EQ(error.code(), Code::kInvalidArgument) << bad;
    EXPECT_EQ(error.field(), "inputs[1].path") << bad;
  }
  jobs_.files.CreateLink("loop", jobs_.database.directory() + "/loop");
  spec.inputs = {{jobs_.database.directory() + "/loop"}};
  EXPECT_THAT(ErrorOf([&] { jobs_->Submit(spec, kAda); }).what(), HasSubstr("too many symbolic links"));
}

TEST_F(JobsTest, CodeMustBeStoredAndIsKept) {
  JobSpec spec = TestJobs::Spec("train");
  const auto file = jobs_.content.Put("print(1)\n");
  const std::string manifest =
      content::Manifest::Of({{"train.py", content::EntryMode::kFile, file.size, file.digest}}).Text();
  spec.code = CodeSpec{.manifest = DigestOf(manifest).text()};
  EXPECT_EQ(ErrorOf([&] { jobs_->Submit(spec, kAda); }).field(), "code.manifest");
  jobs_.content.Put(manifest);
  spec.code->difference = DigestOf("diff").text();
  EXPECT_EQ(ErrorOf([&] { jobs_->Submit(spec, kAda); }).field(), "code.difference");
  jobs_.content.Put("diff");
  const JobId id = jobs_->Submit(spec, kAda).id;
  jobs_.content.Collect(seconds(0));
  jobs_.clock.Advance(seconds(1));
  jobs_.content.Collect(seconds(0));
  EXPECT_TRUE(jobs_.content.Find(file.digest).has_value());
  EXPECT_TRUE(jobs_.content.Find(DigestOf(manifest)).has_value());
  EXPECT_TRUE(jobs_.content.Find(DigestOf("diff")).has_value());
  jobs_.Settle();
  EXPECT_EQ(jobs_.executor.Launches().at(0).manifest, DigestOf(manifest).text());
}

TEST_F(JobsTest, ManifestsWithMissingFilesOrOfAnotherKindAreRefused) {
  JobSpec spec = TestJobs::Spec("train");
  const std::string manifest =
      content::Manifest::Of({{"train.py", content::EntryMode::kFile, 4, DigestOf("gone")}}).Text();
  spec.code = CodeSpec{.manifest = jobs_.content.Put(manifest).digest.text()};
  EXPECT_THAT(ErrorOf([&] { jobs_->Submit(spec, kAda); }).what(), HasSubstr("1 missing"));
  spec.code->manifest = jobs_.content.Put("not a manifest").digest.text();
  EXPECT_EQ(ErrorOf([&] { jobs_->Submit(spec, kAda); }).code(), Code::kInvalidArgument);
}

TEST_F(JobsTest, OneKeyOneJob) {
  const JobSpec spec = TestJobs::Spec("train");
  const JobId first = jobs_->Submit(spec, kAda, "key-1").id;
  EXPECT_EQ(jobs_->Submit(spec, kAda, "key-1").id, first);
  EXPECT_NE(jobs_->Submit(spec, {"bob"}, "key-1").id, first);
  EXPECT_EQ(ErrorOf([&] { jobs_->Submit(TestJobs::Spec("other"), kAda, "key-1"); }).code(), Code::kAborted);
  EXPECT_EQ(jobs_->List({}).jobs.size(), 2u);
}

TEST_F(JobsTest, ListsNewestFirstByPagesAndFilters) {
  std::vector<JobId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Submit(i % 2 == 0 ? "even" : "odd"));
  JobPage page = jobs_->List({.limit = 2});
  ASSERT_EQ(page.jobs.size(), 2u);
  EXPECT_EQ(page.jobs[0].id, ids[4]);
  page = jobs_->List({.limit = 2, .page_token = page.next_page_token.value()});
  EXPECT_EQ(page.jobs[0].id, ids[2]);
  page = jobs_->List({.limit = 2, .page_token = page.next_page_token.value()});
  EXPECT_EQ(page.jobs.size(), 1u);
  EXPECT_FALSE(page.next_page_token.has_value());
  EXPECT_EQ(jobs_->List({.name = "odd"}).jobs.size(), 2u);
  EXPECT_EQ(jobs_->List({.queue = "other"}).jobs.size(), 0u);
  jobs_.Advance(seconds(0));
  EXPECT_EQ(jobs_->List({.states = {JobState::kSucceeded, JobState::kSucceeded}, .name = "odd"}).jobs.size(),
            2u);
  EXPECT_EQ(jobs_->List({.states = {JobState::kQueued, JobState::kFailed}}).jobs.size(), 0u);
  EXPECT_EQ(ErrorOf([&] { jobs_->List({.limit = 0}); }).field(), "limit");
  EXPECT_EQ(ErrorOf([&] { jobs_->List({.limit = 1001}); }).field(), "limit");
  EXPECT_EQ(ErrorOf([&] { jobs_->List({.page_token = "x"}); }).field(), "page_token");
}

TEST_F(JobsTest, LogsAreThoseOfAnAttempt) {
  jobs_.executor.SetScript([](const AttemptLaunch&) {
    FakeRun run = Lasts(seconds(1));
    run.log = "hello";
    return run;
  });
  const JobId id = jobs_->Submit(TestJobs::Spec("train"), kAda).id;
  EXPECT_EQ(jobs_->OpenLog(id).log, nullptr);
  EXPECT_FALSE(jobs_->OpenLog(id).begun);
  EXPECT_FALSE(jobs_->OpenLog(id).ended);
  jobs_.Settle();
  jobs_.Advance(seconds(1));
  const JobLog log = jobs_->OpenLog(id);
  EXPECT_TRUE(log.begun);
  EXPECT_TRUE(log.ended);
  EXPECT_EQ(log.log->Read(0, 100).bytes, "hello");
  EXPECT_EQ(jobs_->OpenLog(id, 1).attempt.number, 1);
  EXPECT_EQ(ErrorOf([&] { jobs_->OpenLog(id, 2); }).field(), "attempt");
}

TEST(JobsThreadTest, ManyJobsRunToTheirEndByThemselves) {
  TestJobs jobs;
  ScriptSettings settings = TestJobs::Settings();
  settings.launchers = 2;
  jobs->Start(settings);
  std::vector<JobId> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(jobs->Submit(TestJobs::Spec("j" + std::to_string(i)), kAda).id);
  const auto deadline = std::chrono::steady_clock::now() + seconds(60);
  while (jobs->List({.states = {JobState::kSucceeded}}).jobs.size() < ids.size()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    jobs.executor.Advance(milliseconds(1));
    std::this_thread::yield();
  }
  jobs->Stop();
  EXPECT_EQ(jobs.executor.Launches().size(), ids.size());
}

}  // namespace
}  // namespace orrery::jobs
