#include <thread>

#include <gmock/gmock.h>

#include "base/random.h"
#include "jobs/jobs.h"
#include "jobs/local/local_executor.h"
#include "jobs/local/test_executor.h"
#include "jobs/tracking_run_keeper.h"
#include "sql/idempotency.h"
#include "sql/test_database.h"

// Jobs over everything real: the embedded database, tracking, supervisors and processes.
namespace orrery::jobs {
namespace {

const Actor kAda = {"ada"};

class JobsLocalTest : public testing::Test {
 protected:
  JobsLocalTest() { Boot(); }

  void Boot() {
    jobs_ = std::make_unique<Jobs>(Jobs::Collaborators{*database_, events_, content_, keeper_, *executor_,
                                                       executor_.real_files, clock_, random_});
    jobs_->Start({.tracking_uri = "http://127.0.0.1:1"});
  }
  /// The server dies; attempts go on; another one starts.
  void Restart() {
    jobs_.reset();
    executor_.Restart();
    Boot();
  }
  JobId Submit(const std::string& script) {
    JobSpec spec;
    spec.name = "job";
    spec.command = {"sh", "-c", script};
    spec.cpus = 0.25;
    spec.memory_bytes = 64 << 20;
    return jobs_->Submit(spec, kAda).id;
  }
  /// Waits, event by event, until `done`.
  template <typename Done>
  void WaitUntil(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    int64_t seen = -1;
    while (true) {
      const int64_t newest = events_.newest();
      if (newest != seen && done()) return;
      seen = newest;
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  void WaitFor(const JobId& id, JobState state) {
    WaitUntil([&] { return jobs_->Get(id).state == state; });
  }
  std::string LogOf(const JobId& id) {
    const JobLog log = jobs_->OpenLog(id);
    return log.log == nullptr ? "" : log.log->Read(0, 1 << 20).bytes;
  }

  SystemClock clock_;
  SystemRandom random_;
  local::TestExecutor executor_;
  sql::TestDatabase database_{events::EventLog::Migrations(), content::Store::Migrations(),
                              sql::IdempotencyMigrations(), tracking::Tracking::Migrations(),
                              Jobs::Migrations()};
  events::EventLog events_{*database_, clock_};
  std::unique_ptr<blob::BlobStore> blobs_ =
      blob::OpenBlobStore("file://" + database_.directory() + "/blobs", executor_.real_files, random_);
  content::Store content_{*database_, *blobs_, clock_};
  tracking::Tracking tracking_{*database_, events_, clock_, random_};
  TrackingRunKeeper keeper_{tracking_};
  std::unique_ptr<Jobs> jobs_;
};

TEST_F(JobsLocalTest, ACommandRunsWithItsRunAndEndsIt) {
  const JobId id = Submit("echo $MLFLOW_RUN_ID $ORRERY_ATTEMPT; exit 3");
  WaitFor(id, JobState::kFailed);
  const Job job = jobs_->Get(id);
  EXPECT_EQ(LogOf(id), job.run_id + " 1\n");
  EXPECT_EQ(job.reason, "exited with code 3");
  EXPECT_EQ(job.attempts.at(0).exit_code, 3);
  EXPECT_EQ(tracking_.runs.GetInfo(tracking::RunId::Parse(job.run_id)).status, tracking::RunStatus::kFailed);
}

TEST_F(JobsLocalTest, AJobOutlivesTheServer) {
  const std::string gate = executor_.options.data_directory + "/gate";
  const JobId goes_on = Submit("echo began; while [ ! -e " + gate + " ]; do sleep 0.02; done; echo ended");
  const JobId ends_alone = Submit("while [ ! -e " + gate + " ]; do sleep 0.02; done");
  WaitFor(goes_on, JobState::kRunning);
  WaitFor(ends_alone, JobState::kRunning);
  const auto pid = jobs_->Get(goes_on).attempts.at(0).supervisor_pid;
  Restart();
  EXPECT_EQ(jobs_->Get(goes_on).state, JobState::kRunning);
  executor_.real_files.WriteDurably(gate, "");
  WaitFor(goes_on, JobState::kSucceeded);
  WaitFor(ends_alone, JobState::kSucceeded);
  EXPECT_EQ(LogOf(goes_on), "began\nended\n");
  EXPECT_EQ(jobs_->Get(goes_on).attempts.size(), 1u);
  EXPECT_EQ(jobs_->Get(goes_on).attempts.at(0).supervisor_pid, pid);
}

TEST_F(JobsLocalTest, CancelReachesTheCommand) {
  const JobId id = Submit("sleep 1000");
  WaitFor(id, JobState::kRunning);
  jobs_->Cancel(id, kAda);
  WaitFor(id, JobState::kCancelled);
  EXPECT_EQ(jobs_->Get(id).attempts.at(0).cause, "cancelled");
}

TEST_F(JobsLocalTest, ManyJobsEndOnceEach) {
  constexpr size_t kJobs = 24;
  for (size_t i = 0; i < kJobs; ++i) Submit("true");
  WaitUntil(
      [&] { return jobs_->List({.states = {JobState::kSucceeded}, .limit = 1000}).jobs.size() == kJobs; });
  for (const Job& job : jobs_->List({}).jobs) {
    EXPECT_EQ(job.attempts.size(), 1u);
    EXPECT_EQ(job.transitions.size(), 5u);
  }
}

}  // namespace
}  // namespace orrery::jobs
