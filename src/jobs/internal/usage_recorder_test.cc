#include "jobs/internal/usage_recorder.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "jobs/test_jobs.h"

namespace orrery::jobs {
namespace {

using internal::UsageRecorder;
using std::chrono::hours;
using std::chrono::seconds;
using testing::Each;
using testing::ElementsAre;
using testing::IsSupersetOf;

/// Half a CPU, 64 MiB, 1 MB read and 2 MB received a second.
FakeRun Runs(seconds time) {
  return {.end_after = time,
          .usage_per_second = {
              .cpu_us = 500'000, .memory_bytes = 64 << 20, .read_bytes = 1'000'000, .rx_bytes = 2'000'000}};
}

std::vector<RunPoint> Of(const std::vector<RunPoint>& points, const std::string& key) {
  std::vector<RunPoint> found;
  std::copy_if(points.begin(), points.end(), std::back_inserter(found),
               [&](const RunPoint& point) { return point.key == "system/" + key; });
  return found;
}

std::vector<int64_t> Steps(const std::vector<RunPoint>& points, const std::string& key) {
  std::vector<int64_t> steps;
  for (const RunPoint& point : Of(points, key)) steps.push_back(point.step);
  return steps;
}

std::vector<int64_t> UpTo(int64_t count) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

class UsageRecorderTest : public testing::Test {
 protected:
  JobId Submit(JobSpec spec = TestJobs::Spec("train")) {
    const JobId id = jobs_->Submit(std::move(spec), {"ada"}).id;
    jobs_.Settle();
    return id;
  }
  int64_t Pending() {
    return jobs_.database->Read([](sql::Reader& reader) {
      return reader.First<int64_t>("SELECT COUNT(*) FROM attempts WHERE usage_pending = 1").value();
    });
  }

  TestJobs jobs_;
};

TEST_F(UsageRecorderTest, SamplesBecomeMetricsOfTheRun) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Runs(seconds(3)); });
  JobSpec spec = TestJobs::Spec("train");
  spec.cpus = 2;
  spec.memory_bytes = 256 << 20;
  const JobId id = Submit(std::move(spec));
  const Instant began = jobs_.clock.Now();
  jobs_.Advance(seconds(2));
  const auto points = jobs_.runs.PointsOf(id);
  // The first sample is of the moment at which it began: it has no interval to have a share of.
  EXPECT_THAT(Of(points, "cpu_utilization_percentage"),
              ElementsAre(RunPoint{"system/cpu_utilization_percentage", 25, 1, began + seconds(1)},
                          RunPoint{"system/cpu_utilization_percentage", 25, 2, began + seconds(2)}));
  const auto last = [&](const std::string& key) { return Of(points, key).back(); };
  EXPECT_EQ(last("system_memory_usage_megabytes").value, 67.108864);
  EXPECT_EQ(last("system_memory_usage_percentage").value, 25);
  EXPECT_EQ(last("disk_read_megabytes").value, 2);
  EXPECT_EQ(last("disk_write_megabytes").value, 0);
  EXPECT_EQ(last("network_receive_megabytes").value, 4);
  EXPECT_EQ(last("network_transmit_megabytes").value, 0);
}

TEST_F(UsageRecorderTest, EverySampleIsRecordedOnceWhenServersComeAndGo) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Runs(seconds(9)); });
  const JobId id = Submit();
  for (int i = 0; i < 9; ++i) {
    jobs_.Advance(seconds(1));
    jobs_.Restart();
  }
  jobs_.Settle();
  EXPECT_EQ(jobs_->Get(id).state, JobState::kSucceeded);
  const auto points = jobs_.runs.PointsOf(id);
  EXPECT_EQ(Steps(points, "disk_read_megabytes"), UpTo(10));
  EXPECT_EQ(Steps(points, "cpu_utilization_percentage").size(), 9u);
  for (const RunPoint& point : Of(points, "cpu_utilization_percentage")) EXPECT_EQ(point.value, 50);
  EXPECT_EQ(Pending(), 0);
}

TEST_F(UsageRecorderTest, WhatWasSampledWhileNoServerRanIsRecordedInParts) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Runs(hours(3)); });
  const JobId id = Submit();
  jobs_.clock.Advance(hours(3));
  jobs_.executor.Advance(hours(3));
  jobs_.Restart();
  jobs_.Settle();
  EXPECT_EQ(jobs_->Get(id).state, JobState::kSucceeded);
  EXPECT_EQ(Steps(jobs_.runs.PointsOf(id), "network_receive_megabytes"), UpTo(3 * 3'600 + 1));
  EXPECT_EQ(Pending(), 0);
}

TEST_F(UsageRecorderTest, ARetryGoesOnCounting) {
  jobs_.executor.SetScript([](const AttemptLaunch& launch) {
    FakeRun run = Runs(seconds(2));
    if (launch.id.number == 1) run.outcome.exit_code = 1;
    return run;
  });
  JobSpec spec = TestJobs::Spec("train");
  spec.retries = 1;
  spec.retry_delay_seconds = 0;
  const JobId id = Submit(std::move(spec));
  jobs_.Advance(seconds(2));
  jobs_.Restart();
  jobs_.Advance(seconds(1));
  jobs_.Advance(seconds(1));
  EXPECT_EQ(jobs_->Get(id).state, JobState::kSucceeded);
  const auto read = Of(jobs_.runs.PointsOf(id), "disk_read_megabytes");
  EXPECT_EQ(Steps(read, "disk_read_megabytes"), UpTo(6));
  EXPECT_EQ(read[2].value, 2);
  EXPECT_EQ(read[3].value, 0) << "amounts count up from the attempt's start";
}

TEST_F(UsageRecorderTest, GpusAreCountedAsTheCommandCountsThem) {
  FakeRun run = Runs(seconds(5));
  run.gpus = {{.id = "GPU-b",
               .utilization = 0.5,
               .memory_used_bytes = 2'000'000,
               .memory_bytes = 8'000'000,
               .power_watts = 300},
              {.id = "MIG-a", .memory_used_bytes = 1'000'000}};
  jobs_.executor.SetScript([&](const AttemptLaunch&) { return run; });
  const JobId id = Submit();
  jobs_.Advance(seconds(2));
  const Instant now = jobs_.clock.Now();
  EXPECT_THAT(jobs_.runs.PointsOf(id),
              IsSupersetOf({RunPoint{"system/gpu_0_utilization_percentage", 50, 2, now},
                            RunPoint{"system/gpu_0_memory_usage_megabytes", 2, 2, now},
                            RunPoint{"system/gpu_0_memory_usage_percentage", 25, 2, now},
                            RunPoint{"system/gpu_0_power_usage_watts", 300, 2, now},
                            RunPoint{"system/gpu_1_memory_usage_megabytes", 1, 2, now}}));
  EXPECT_TRUE(Of(jobs_.runs.PointsOf(id), "gpu_1_utilization_percentage").empty());
  EXPECT_TRUE(Of(jobs_.runs.PointsOf(id), "gpu_1_power_usage_watts").empty());
}

/// Fails as often as it is told, before or in the transaction.
class FailingKeeper final : public RunKeeper {
 public:
  explicit FailingKeeper(FakeRunKeeper& inner) : inner_(inner) {}
  int failures = 0;

  OwnedRun Create(sql::Writer& writer, const JobId& job, const JobSpec& spec, const Actor& by) override {
    return inner_.Create(writer, job, spec, by);
  }
  void Follow(sql::Writer& writer, const std::string& run_id, RunPhase phase, Instant at) override {
    inner_.Follow(writer, run_id, phase, at);
  }
  void NoteEnvironment(sql::Writer& writer, const std::string& run_id, const Digest& digest) override {
    inner_.NoteEnvironment(writer, run_id, digest);
  }
  void AddPoints(sql::Writer& writer, const std::string& run_id,
                 const std::vector<RunPoint>& points) override {
    if (failures-- > 0) throw Error(Code::kStorageFull, "no space left");
    inner_.AddPoints(writer, run_id, points);
  }

 private:
  FakeRunKeeper& inner_;
};

TEST_F(UsageRecorderTest, AFullDiskDelaysPointsAndLosesNone) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Runs(seconds(60)); });
  const JobId id = Submit();
  jobs_.executor.Advance(seconds(3));
  FailingKeeper keeper(jobs_.runs);
  UsageRecorder recorder({*jobs_.database, jobs_.executor, keeper, jobs_.clock});
  keeper.failures = 2;
  EXPECT_THROW(recorder.Record(UsageRecorder::Which::kAll), Error);
  EXPECT_THROW(recorder.Record(UsageRecorder::Which::kAll), Error);
  EXPECT_TRUE(recorder.Record(UsageRecorder::Which::kAll));
  EXPECT_EQ(Steps(jobs_.runs.PointsOf(id), "disk_read_megabytes"), UpTo(4));
}

TEST_F(UsageRecorderTest, AttemptsThatHaveEndedDoNotWaitForThePeriod) {
  jobs_.executor.SetScript(
      [](const AttemptLaunch& launch) { return Runs(seconds(launch.command.at(0) == "short" ? 1 : 60)); });
  const JobId ends = Submit(TestJobs::Spec("ends", "short"));
  const JobId goes_on = Submit(TestJobs::Spec("goes on"));
  const size_t before = jobs_.runs.PointsOf(goes_on).size();
  jobs_->Stop();
  jobs_.executor.Advance(seconds(1));
  jobs_.database->Write([&](sql::Writer& writer) {
    writer.Run("UPDATE attempts SET state = 'SUCCEEDED' WHERE job_id = ?", ends);
  });
  UsageRecorder recorder({*jobs_.database, jobs_.executor, jobs_.runs, jobs_.clock});
  EXPECT_TRUE(recorder.Record(UsageRecorder::Which::kEnded));
  EXPECT_EQ(Steps(jobs_.runs.PointsOf(ends), "disk_read_megabytes"), UpTo(2));
  EXPECT_EQ(jobs_.runs.PointsOf(goes_on).size(), before);
}

/// Cannot read anybody's samples.
class UnreadableExecutor final : public FakeExecutor {
 public:
  std::vector<UsageSample> ReadUsage(const AttemptId&, std::uint64_t&) override {
    throw Error(Code::kInternal, "input/output error");
  }
};

TEST_F(UsageRecorderTest, SamplesThatCannotBeReadAreGivenUpOnWithTheAttempt) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return Runs(seconds(60)); });
  Submit();
  UnreadableExecutor unreadable;
  UsageRecorder recorder({*jobs_.database, unreadable, jobs_.runs, jobs_.clock});
  EXPECT_TRUE(recorder.Record(UsageRecorder::Which::kAll));
  EXPECT_EQ(Pending(), 1);
  jobs_.database->Write([](sql::Writer& writer) { writer.Run("UPDATE attempts SET state = 'FAILED'"); });
  EXPECT_FALSE(recorder.Record(UsageRecorder::Which::kAll));
  EXPECT_EQ(Pending(), 0);
}

}  // namespace
}  // namespace orrery::jobs
