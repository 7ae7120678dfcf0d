#include <gmock/gmock.h>

#include "jobs/test_jobs.h"

namespace orrery::jobs {
namespace {

using std::chrono::seconds;

/// Refuses every write while `full` is set.
class FillingDatabase final : public sql::Database {
 public:
  explicit FillingDatabase(sql::Database& inner) : inner_(inner) {}
  bool full = false;

 protected:
  void RunRead(const std::function<void(sql::Reader&)>& closure) override { inner_.Read(closure); }
  void RunWrite(const std::function<void(sql::Writer&)>& closure) override {
    if (full) throw Error(Code::kStorageFull, "no space left");
    inner_.Write(closure);
  }

 private:
  sql::Database& inner_;
};

TEST(FullDiskTest, JobsWaitForSpaceAndNoEndIsLost) {
  TestJobs base;
  base.executor.SetScript([](const AttemptLaunch& launch) -> FakeRun {
    if (launch.command.at(0) == "cannot start") throw Error(Code::kInternal, "no such code");
    return {.end_after = seconds(5)};
  });
  FillingDatabase database(*base.database);
  Jobs jobs(
      {database, base.events, base.content, base.runs, base.executor, base.files, base.clock, base.random});
  jobs.Prepare(TestJobs::Settings());
  const JobId runs = jobs.Submit(TestJobs::Spec("runs"), {"ada"}).id;
  const JobId refused = jobs.Submit(TestJobs::Spec("refused", "cannot start"), {"ada"}).id;
  jobs.Turn();

  database.full = true;
  EXPECT_THROW(jobs.Submit(TestJobs::Spec("third"), {"ada"}), Error);
  base.executor.Advance(seconds(5));
  EXPECT_THROW(jobs.Turn(), Error);
  EXPECT_THROW(jobs.Turn(), Error);
  EXPECT_EQ(jobs.Get(runs).state, JobState::kStarting);

  database.full = false;
  jobs.Turn();
  EXPECT_EQ(jobs.Get(runs).state, JobState::kSucceeded);
  EXPECT_EQ(jobs.Get(refused).state, JobState::kFailed);
  EXPECT_EQ(jobs.Get(refused).attempts.at(0).cause, "launch_failed");
  EXPECT_EQ(base.executor.Launches().size(), 1u);
  EXPECT_EQ(jobs.List({}).jobs.size(), 2u);
}

TEST(FullDiskTest, AJobWhosePlacementCouldNotBeStoredHoldsNothing) {
  TestJobs base;
  base.executor.SetScript([](const AttemptLaunch&) { return FakeRun{.end_after = seconds(5)}; });
  FillingDatabase database(*base.database);
  Jobs jobs(
      {database, base.events, base.content, base.runs, base.executor, base.files, base.clock, base.random});
  jobs.Prepare(TestJobs::Settings());
  JobSpec spec = TestJobs::Spec("placed");
  spec.cpus = 2;
  const JobId placed = jobs.Submit(spec, {"ada"}).id;
  database.full = true;
  EXPECT_THROW(jobs.Turn(), Error);
  database.full = false;
  jobs.Cancel(placed, {"ada"});
  const JobId next = jobs.Submit(spec, {"ada"}).id;
  jobs.Turn();
  EXPECT_EQ(jobs.Get(placed).state, JobState::kCancelled);
  EXPECT_EQ(jobs.Get(next).state, JobState::kStarting);
  ASSERT_EQ(base.executor.Launches().size(), 1u);
  EXPECT_EQ(base.executor.Launches()[0].id.job_id, next.text());
  EXPECT_EQ(jobs.Capacity().jobs_running, 1);
}

}  // namespace
}  // namespace orrery::jobs
