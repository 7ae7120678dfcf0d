#include "tracking/trash.h"

#include <map>

#include "content/content.h"
#include "tracking/internal/test_tracking.h"

namespace orrery::tracking {
namespace {

using testing::IsEmpty;

constexpr int64_t kDays = 30;
constexpr Microseconds kDay = std::chrono::hours(24);

/// Refers to whatever a test names.
class Referring final : public Referrer {
 public:
  std::optional<std::string> OfRun(sql::Reader& /*reader*/, const RunId& run) const override {
    return Find(run.text());
  }
  std::optional<std::string> OfLoggedModel(sql::Reader& /*reader*/,
                                           const LoggedModelId& model) const override {
    return Find(model.text());
  }
  std::map<std::string, std::string> words;

 private:
  std::optional<std::string> Find(const std::string& id) const {
    const auto found = words.find(id);
    return found == words.end() ? std::nullopt : std::optional(found->second);
  }
};

class TrashTest : public testing::Test {
 protected:
  RunId Start(int64_t experiment = 0, const std::string& parent = "") {
    tracking::NewRun run{.experiment_id = experiment, .name = "r"};
    if (!parent.empty()) run.tags = {{"mlflow.parentRunId", parent}};
    return tracking_.runs.Create(run, by_).info.id;
  }
  void PutArtifact(const ArtifactOwner& owner, const std::string& path, std::string_view bytes) {
    artifacts_.Put(owner, ArtifactPath::Parse(path), content_.Put(bytes));
  }
  Emptied Empty(EmptyTrash what = {}) { return trash_.Empty(what, by_); }
  LifecycleStage StageOf(const RunId& id) { return tracking_.runs.GetInfo(id).lifecycle_stage; }
  bool Exists(const RunId& id) {
    return CodeOf([&] { tracking_.runs.GetInfo(id); }) != Code::kNotFound;
  }
  /// Rows of each table that any run leaves, but the events.
  std::map<std::string, int64_t> Rows() {
    std::map<std::string, int64_t> rows;
    for (const char* table : {"runs",
                              "run_params",
                              "run_tags",
                              "run_datasets",
                              "run_dataset_tags",
                              "run_model_inputs",
                              "run_model_outputs",
                              "metric_series",
                              "metric_tail",
                              "metric_chunks",
                              "datasets",
                              "logged_models",
                              "logged_model_params",
                              "logged_model_tags",
                              "logged_model_metrics",
                              "artifacts",
                              "content_references",
                              "experiment_tags",
                              "traces",
                              "trace_tags",
                              "trace_metadata",
                              "trace_spans",
                              "trace_runs"}) {
      const auto count = database_->Read([&](sql::Reader& reader) {
        return reader.First<int64_t>("SELECT count(*) FROM " + std::string(table));
      });
      if (count.value_or(0) > 0) rows[table] = *count;
    }
    return rows;
  }

  const Actor by_{"ada"};
  FakeClock clock_;
  FakeRandom random_;
  PosixFileSystem files_;
  sql::TestDatabase database_{events::EventLog::Migrations(), content::Store::Migrations(),
                              Tracking::Migrations(), Artifacts::Migrations()};
  std::unique_ptr<blob::BlobStore> blobs_ =
      blob::OpenBlobStore("file://" + database_.directory() + "/blobs", files_, random_);
  events::EventLog events_{*database_, clock_};
  content::Store content_{*database_, *blobs_, clock_};
  Tracking tracking_{*database_, events_, clock_, random_};
  Artifacts artifacts_{*database_, content_, clock_};
  Referring referring_;
  Trash trash_{*database_, events_, artifacts_, clock_, {&referring_}, kDays};
};

TEST_F(TrashTest, ADeletedRunCanBeRestoredUntilItsRetentionIsOver) {
  const RunId run = Start();
  tracking_.runs.Delete(run, by_);
  clock_.Advance(kDays * kDay - Microseconds(1'000));
  EXPECT_EQ(Empty().runs, 0);
  tracking_.runs.Restore(run, by_);
  clock_.Advance(kDays * kDay);
  EXPECT_EQ(Empty().runs, 0) << "it is not in the trash any more";

  tracking_.runs.Delete(run, by_);
  clock_.Advance(kDays * kDay);
  EXPECT_EQ(Empty().runs, 1);
  EXPECT_FALSE(Exists(run));
}

TEST_F(TrashTest, NothingOfARunStays) {
  const auto before = Rows();
  const RunId run = Start();
  Batch batch{.params = {{"lr", "0.1"}}, .tags = {{"t", "v"}}};
  for (int64_t step = 0; step < 900; ++step) batch.metrics.push_back({"loss", 1.0 / (1 + step), step, step});
  for (int64_t part = 0; part < 3; ++part) {
    for (Metric& metric : batch.metrics) metric.step += 1'000;
    tracking_.runs.LogBatch(run, batch);
  }
  const auto model = tracking_.logged_models.Create(
      {.name = "m", .source_run_id = run.text(), .params = {{"p", "1"}}, .tags = {{"t", "v"}}}, by_);
  tracking_.runs.LogBatch(run, {.metrics = {{.key = "auc", .value = 1, .model_id = model.id.text()}}});
  tracking_.runs.LogInputs(run, {{{"flights", "d1", "local", "{}"}, {{"mlflow.data.context", "training"}}}},
                           {{model.id.text()}});
  tracking_.runs.LogOutputs(run, {{model.id.text(), 1}});
  PutArtifact({ArtifactRoot::kRun, run.text()}, "a/b.txt", "bytes of a run");
  PutArtifact({ArtifactRoot::kModel, model.id.text()}, "MLmodel", "bytes of a model");
  ASSERT_TRUE(Rows().contains("metric_chunks"));

  tracking_.runs.Delete(run, by_);
  const Emptied emptied = Empty({.older_than_days = 0});
  EXPECT_EQ(emptied.runs, 1);
  EXPECT_EQ(emptied.logged_models, 1);
  EXPECT_EQ(emptied.bytes, std::string("bytes of a run").size() + std::string("bytes of a model").size());
  EXPECT_FALSE(emptied.more);
  EXPECT_EQ(Rows(), before);
}

TEST_F(TrashTest, WhatOthersUseStays) {
  const RunId stays = Start();
  const RunId goes = Start();
  const DatasetInput shared{{"flights", "d1", "local", "{}"}, {}};
  for (const RunId& run : {stays, goes}) {
    tracking_.runs.LogInputs(run, {shared}, {});
    tracking_.runs.LogBatch(run, {.metrics = {{"loss", 1, 1, 1}}});
    PutArtifact({ArtifactRoot::kRun, run.text()}, "same.txt", "the same bytes");
  }
  tracking_.runs.Delete(goes, by_);
  EXPECT_EQ(Empty({.older_than_days = 0}).bytes, 0u);
  const auto run = tracking_.runs.Get(stays);
  EXPECT_EQ(run.dataset_inputs.size(), 1u);
  EXPECT_EQ(run.metrics.size(), 1u);
  EXPECT_EQ(artifacts_.List({ArtifactRoot::kRun, stays.text()}, {}).size(), 1u);
  EXPECT_FALSE(Exists(goes));
}

// The database may give the number of the last run again.
TEST_F(TrashTest, ALaterRunInheritsNothing) {
  const RunId parent = Start();
  const RunId child = Start(0, parent.text());
  tracking_.runs.LogBatch(parent, {.metrics = {{"loss", 1, 1, 1}}});
  tracking_.runs.Delete(parent, by_);
  referring_.words[child.text()] = "version 1 of the model m";
  Empty({.older_than_days = 0});
  const RunId later = Start();
  EXPECT_THAT(tracking_.runs.Get(later).metrics, IsEmpty());
  tracking_.runs.Delete(later, by_);
  tracking_.runs.Restore(later, by_);
  EXPECT_EQ(StageOf(child), LifecycleStage::kDeleted) << "its parent is another run";
}

TEST_F(TrashTest, WhatIsReferredToIsKeptAndNamed) {
  const RunId plain = Start();
  const RunId of_job = Start();
  const RunId of_model = Start();
  const auto model = tracking_.logged_models.Create({.source_run_id = of_model.text()}, by_);
  referring_.words = {{of_job.text(), "job 17ab23cd (train)"},
                      {model.id.text(), "version 3 of the model flights"}};
  for (const RunId& run : {plain, of_job, of_model}) tracking_.runs.Delete(run, by_);

  const Emptied emptied = Empty({.older_than_days = 0});
  EXPECT_EQ(emptied.runs, 1);
  EXPECT_EQ(emptied.runs_kept, 2);
  std::map<std::string, std::string> kept;
  for (const KeptRun& run : emptied.kept) kept[run.run_id] = run.kept_by;
  EXPECT_EQ(kept, (std::map<std::string, std::string>{{of_job.text(), "job 17ab23cd (train)"},
                                                      {of_model.text(), "version 3 of the model flights"}}));
  EXPECT_EQ(tracking_.logged_models.Get(model.id).source_run_id, of_model.text());

  referring_.words.clear();
  EXPECT_EQ(Empty({.older_than_days = 0}).runs, 2);
}

TEST_F(TrashTest, ChildrenFollowTheirParent) {
  const RunId parent = Start();
  const RunId child = Start(0, parent.text());
  const RunId grandchild = Start(0, child.text());
  const RunId deleted_before = Start(0, parent.text());
  const RunId stranger = Start();
  tracking_.runs.Delete(deleted_before, by_);
  tracking_.runs.Delete(parent, by_);
  for (const RunId& run : {parent, child, grandchild}) EXPECT_EQ(StageOf(run), LifecycleStage::kDeleted);
  EXPECT_EQ(StageOf(stranger), LifecycleStage::kActive);

  tracking_.runs.Restore(parent, by_);
  for (const RunId& run : {parent, child, grandchild}) EXPECT_EQ(StageOf(run), LifecycleStage::kActive);
  EXPECT_EQ(StageOf(deleted_before), LifecycleStage::kDeleted);

  tracking_.runs.Delete(parent, by_);
  EXPECT_EQ(Empty({.older_than_days = 0}).runs, 4);
}

TEST_F(TrashTest, RunsInACircleAreDeletedOnce) {
  const RunId a = Start();
  const RunId b = Start(0, a.text());
  tracking_.runs.LogBatch(a, {.tags = {{"mlflow.parentRunId", b.text()}}});
  tracking_.runs.Delete(a, by_);
  EXPECT_EQ(StageOf(b), LifecycleStage::kDeleted);
  tracking_.runs.Restore(a, by_);
  EXPECT_EQ(StageOf(b), LifecycleStage::kActive);
}

TEST_F(TrashTest, AnExperimentGoesWithTheLastOfItsRuns) {
  const int64_t experiment = tracking_.experiments.Create({.name = "old", .tags = {{"t", "v"}}}, by_).id;
  const RunId run = Start(experiment);
  const RunId kept = Start(experiment);
  tracking_.logged_models.Create({.experiment_id = experiment}, by_);
  const Trace trace{
      .id = TraceId::Parse("tr-1"), .experiment_id = experiment, .metadata = {{"k", "v"}}, .tags = {}};
  tracking_.traces.Record(trace);
  tracking_.traces.AddSpans(
      experiment,
      {{.trace_id = trace.id, .id = "a", .parent_id = {}, .name = "s", .content = "{}", .text = {}}}, run);
  PutArtifact({ArtifactRoot::kTrace, "tr-1"}, "attachments/x", "x");
  referring_.words[kept.text()] = "job 17ab23cd (train)";
  tracking_.experiments.Delete(experiment, by_);
  EXPECT_EQ(Empty({.older_than_days = 0}).experiments, 0);
  EXPECT_FALSE(Exists(run));
  EXPECT_EQ(tracking_.experiments.Get(experiment).name, "old");

  referring_.words.clear();
  EXPECT_EQ(Empty({.older_than_days = 0}).experiments, 1);
  EXPECT_FALSE(tracking_.experiments.FindByName("old").has_value());
  EXPECT_THAT(Rows(), IsEmpty());
}

TEST_F(TrashTest, TheDefaultExperimentNeverGoes) {
  tracking_.experiments.Delete(0, by_);
  EXPECT_EQ(Empty({.older_than_days = 0}).experiments, 0);
  tracking_.experiments.Restore(0, by_);
}

TEST_F(TrashTest, ADryRunTellsWhatWouldGoAndChangesNothing) {
  const int64_t experiment = tracking_.experiments.Create({.name = "old"}, by_).id;
  const RunId run = Start(experiment);
  const RunId kept = Start();
  const auto model = tracking_.logged_models.Create({.source_run_id = run.text()}, by_);
  PutArtifact({ArtifactRoot::kRun, run.text()}, "a", "12345");
  PutArtifact({ArtifactRoot::kModel, model.id.text()}, "b", "678");
  const auto alone = tracking_.logged_models.Create({}, by_);
  tracking_.logged_models.Delete(alone.id, by_);
  tracking_.experiments.Delete(experiment, by_);
  tracking_.runs.Delete(kept, by_);
  referring_.words[kept.text()] = "job 17ab23cd (train)";

  const auto before = Rows();
  const Emptied told = Empty({.older_than_days = 0, .dry_run = true});
  EXPECT_EQ(Rows(), before);
  const Emptied done = Empty({.older_than_days = 0});
  for (const Emptied& emptied : {told, done}) {
    EXPECT_EQ(emptied.runs, 1);
    EXPECT_EQ(emptied.experiments, 1);
    EXPECT_EQ(emptied.logged_models, 2);
    EXPECT_EQ(emptied.bytes, 8u);
    EXPECT_EQ(emptied.runs_kept, 1);
  }
}

TEST_F(TrashTest, OneCallTakesSoManyAndSaysThatThereAreMore) {
  for (int i = 0; i < 45; ++i) tracking_.runs.Delete(Start(), by_);
  Emptied emptied = trash_.Empty({.older_than_days = 0}, by_, 20);
  EXPECT_EQ(emptied.runs, 20);
  EXPECT_TRUE(emptied.more);
  emptied = trash_.Empty({.older_than_days = 0}, by_, 1'000);
  EXPECT_EQ(emptied.runs, 25);
  EXPECT_FALSE(emptied.more);
}

TEST_F(TrashTest, WhatWasDeletedBeforeTimesWereKeptIsRetainedFromNowOn) {
  const RunId run = Start();
  tracking_.runs.Delete(run, by_);
  database_->Write([](sql::Writer& writer) { writer.Run("UPDATE runs SET deleted_ms = NULL"); });
  clock_.Advance(2 * kDays * kDay);
  EXPECT_EQ(Empty().runs, 0);
  clock_.Advance(kDays * kDay);
  EXPECT_EQ(Empty().runs, 1);
}

TEST_F(TrashTest, ASummaryCountsWhatCanBeRestored) {
  EXPECT_EQ(trash_.Look().runs, 0);
  EXPECT_FALSE(trash_.Look().oldest_deleted_at.has_value());
  const Instant first = clock_.Now();
  tracking_.runs.Delete(Start(), by_);
  clock_.Advance(kDay);
  tracking_.runs.Delete(Start(), by_);
  const TrashSummary trash = trash_.Look();
  EXPECT_EQ(trash.retention_days, kDays);
  EXPECT_EQ(trash.runs, 2);
  EXPECT_EQ(trash.experiments, 0);
  EXPECT_EQ(trash.oldest_deleted_at, first);
}

TEST_F(TrashTest, DaysThatCannotBeAreRefused) {
  for (const int64_t days : {-1, 36'501})
    EXPECT_EQ(CodeOf([&] { Empty({.older_than_days = days}); }), Code::kInvalidArgument) << days;
  EXPECT_NO_THROW(Empty({.older_than_days = 36'500}));
}

}  // namespace
}  // namespace orrery::tracking
