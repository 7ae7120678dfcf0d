#include "jobs/tracking_run_keeper.h"

#include <gmock/gmock.h>

#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "sql/test_database.h"

namespace orrery::jobs {
namespace {

using testing::Contains;
using tracking::Param;
using tracking::RunId;
using tracking::RunStatus;
using tracking::Tag;

class TrackingRunKeeperTest : public testing::Test {
 protected:
  OwnedRun Create(const JobSpec& spec) {
    return database_->Write(
        [&](sql::Writer& writer) { return keeper_.Create(writer, JobId::Parse("job1"), spec, {"ada"}); });
  }
  void Follow(const OwnedRun& run, RunPhase phase) {
    database_->Write([&](sql::Writer& writer) { keeper_.Follow(writer, run.run_id, phase, clock_.Now()); });
  }
  void AddPoints(const OwnedRun& run, const std::vector<RunPoint>& points) {
    database_->Write([&](sql::Writer& writer) { keeper_.AddPoints(writer, run.run_id, points); });
  }
  tracking::Run Get(const OwnedRun& run) { return tracking_.runs.Get(RunId::Parse(run.run_id)); }

  FakeClock clock_;
  FakeRandom random_;
  sql::TestDatabase database_{events::EventLog::Migrations(), tracking::Tracking::Migrations()};
  events::EventLog events_{*database_, clock_};
  tracking::Tracking tracking_{*database_, events_, clock_, random_};
  TrackingRunKeeper keeper_{tracking_};
};

JobSpec Spec() {
  JobSpec spec;
  spec.name = "train";
  spec.command = {"python", "train.py"};
  return spec;
}

TEST_F(TrackingRunKeeperTest, TheRunTellsWhatTheJobIs) {
  JobSpec spec = Spec();
  spec.framework = Framework::kScikitLearn;
  spec.seed = 7;
  spec.reproduces = "run0";
  spec.code =
      CodeSpec{.manifest = DigestOf("m").text(), .entry = "train.py", .commit = "0123abc", .dirty = true};
  spec.experiment = "flights";
  for (int i = 0; i < 250; ++i) spec.params["p" + std::to_string(i)] = std::to_string(i);
  const OwnedRun owned = Create(spec);
  const tracking::Run run = Get(owned);
  EXPECT_EQ(run.info.status, RunStatus::kScheduled);
  EXPECT_EQ(run.info.name, "train");
  EXPECT_EQ(run.info.user, "ada");
  EXPECT_EQ(std::to_string(run.info.experiment_id), owned.experiment_id);
  EXPECT_EQ(tracking_.experiments.Get(run.info.experiment_id).name, "flights");
  EXPECT_EQ(run.params.size(), 250u);
  EXPECT_THAT(run.params, Contains(Param{"p249", "249"}));
  for (const Tag& tag : {Tag{"orrery.job_id", "job1"}, Tag{"orrery.framework", "SCIKIT_LEARN"},
                         Tag{"orrery.seed", "7"}, Tag{"mlflow.source.name", "train.py"},
                         Tag{"mlflow.source.type", "JOB"}, Tag{"mlflow.source.git.commit", "0123abc"},
                         Tag{"orrery.git.dirty", "true"}, Tag{"orrery.reproduces", "run0"}}) {
    EXPECT_THAT(run.tags, Contains(tag)) << tag.key;
  }
}

TEST_F(TrackingRunKeeperTest, WithoutAnExperimentItIsTheDefaultOneAndKnownOnesAreUsedAgain) {
  EXPECT_EQ(Create(Spec()).experiment_id, "0");
  JobSpec spec = Spec();
  spec.experiment = "flights";
  const std::string id = Create(spec).experiment_id;
  EXPECT_EQ(Create(spec).experiment_id, id);
  tracking_.experiments.Delete(tracking::ParseExperimentId(id), {"ada"});
  try {
    Create(spec);
    ADD_FAILURE() << "a run in a deleted experiment";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kFailedPrecondition);
    EXPECT_EQ(error.field(), "experiment");
  }
}

TEST_F(TrackingRunKeeperTest, TheRunFollowsItsJob) {
  const OwnedRun run = Create(Spec());
  clock_.Advance(std::chrono::seconds(40));
  const Instant began = clock_.Now();
  Follow(run, RunPhase::kRunning);
  EXPECT_EQ(Get(run).info.status, RunStatus::kRunning);
  EXPECT_EQ(Get(run).info.start_ms, ToMillis(began)) << "the wait for its turn is no part of the run";
  EXPECT_FALSE(Get(run).info.end_ms.has_value());
  clock_.Advance(std::chrono::seconds(5));
  Follow(run, RunPhase::kKilled);
  EXPECT_EQ(Get(run).info.status, RunStatus::kKilled);
  EXPECT_EQ(Get(run).info.start_ms, ToMillis(began));
  EXPECT_EQ(Get(run).info.end_ms, ToMillis(clock_.Now()));
}

TEST_F(TrackingRunKeeperTest, ARunNeverEndsBeforeItBegan) {
  const OwnedRun run = Create(Spec());
  const int64_t began = Get(run).info.start_ms;
  clock_.Jump(-std::chrono::hours(1));
  Follow(run, RunPhase::kKilled);
  EXPECT_EQ(Get(run).info.start_ms, began);
  EXPECT_EQ(Get(run).info.end_ms, began);
}

TEST_F(TrackingRunKeeperTest, ADeletedRunDoesNotHoldUpItsJob) {
  const OwnedRun run = Create(Spec());
  tracking_.runs.Delete(RunId::Parse(run.run_id), {"ada"});
  EXPECT_NO_THROW(Follow(run, RunPhase::kFinished));
  EXPECT_NO_THROW(AddPoints(run, {{"system/x", 1, 0, clock_.Now()}}));
  EXPECT_EQ(Get(run).info.status, RunStatus::kScheduled);
  EXPECT_TRUE(Get(run).metrics.empty());
}

TEST_F(TrackingRunKeeperTest, PointsAreAddedInBatchesAndOnce) {
  const OwnedRun run = Create(Spec());
  std::vector<RunPoint> points;
  for (int i = 0; i < 2'500; ++i)
    points.push_back({"system/x", i / 2.0, i, clock_.Now() + std::chrono::seconds(i)});
  AddPoints(run, points);
  AddPoints(run, points);
  const auto history = tracking_.metrics.History(RunId::Parse(run.run_id), "system/x").points;
  ASSERT_EQ(history.size(), 2'500u);
  EXPECT_EQ(history[7].value, 3.5);
  EXPECT_EQ(history[7].step, 7);
  EXPECT_EQ(history[7].timestamp_ms, ToMillis(clock_.Now()) + 7'000);
}

}  // namespace
}  // namespace orrery::jobs
