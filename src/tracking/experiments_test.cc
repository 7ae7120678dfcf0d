#include "tracking/experiments.h"

#include "tracking/internal/purge.h"
#include "tracking/internal/test_tracking.h"

namespace orrery::tracking {
namespace {

using testing::ElementsAre;

class ExperimentsTest : public TrackingTest {
 protected:
  int64_t Add(const std::string& name) { return tracking_.experiments.Create({.name = name}, by_).id; }
  std::vector<std::string> Names(const ExperimentQuery& query) {
    std::vector<std::string> names;
    for (const Experiment& experiment : tracking_.experiments.Search(query).experiments)
      names.push_back(experiment.name);
    return names;
  }
};

TEST_F(ExperimentsTest, DefaultIsAlwaysThere) {
  const Experiment experiment = tracking_.experiments.Get(0);
  EXPECT_EQ(experiment.name, "Default");
  EXPECT_EQ(experiment.artifact_location, "mlflow-artifacts:/0");
  EXPECT_EQ(experiment.created_ms, ToMillis(clock_.Now()));
}

TEST_F(ExperimentsTest, ClearLeavesWhatANewServerHas) {
  const int64_t id = tracking_.experiments.Create({.name = "a", .tags = {{"k", "v"}}}, by_).id;
  const RunId run = NewRunId(id);
  const auto model = tracking_.logged_models.Create(
      {.experiment_id = id, .source_run_id = run.text(), .params = {{"p", "1"}}, .tags = {{"t", "1"}}}, by_);
  std::vector<Metric> metrics;
  for (int64_t step = 0; step < 900; ++step) {
    metrics.push_back({.key = "loss", .value = 0.5, .step = step, .model_id = model.id.text()});
  }
  for (int64_t batch = 0; batch < 5; ++batch) {
    for (Metric& metric : metrics) metric.step += 1'000;
    tracking_.runs.LogBatch(run, {.metrics = metrics, .params = {{"p", "1"}}, .tags = {{"t", "1"}}});
  }
  tracking_.runs.LogInputs(run,
                           {{.dataset = {.name = "d", .digest = "1", .source_type = "local", .source = "{}"},
                             .tags = {{"c", "train"}}}},
                           {{.model_id = model.id.text()}});
  tracking_.runs.LogOutputs(run, {{.model_id = model.id.text(), .step = 1}});
  tracking_.traces.Record({.id = TraceId::Parse("tr-1"), .metadata = {{"m", "1"}}, .tags = {}});
  tracking_.traces.AddSpans(
      0, {{.trace_id = TraceId::Parse("tr-1"), .id = "a", .parent_id = {}, .name = "s", .content = "{}"}},
      run);
  tracking_.experiments.Delete(0, by_);
  const int64_t purged = Add("b");
  database_->Write([&](sql::Writer& writer) { internal::PurgeExperiment(writer, purged); });

  const auto rows = [&] {
    std::map<std::string, int64_t> out;
    database_->Read([&](sql::Reader& reader) {
      for (const auto& table : reader.All<std::string>("SELECT name FROM sqlite_master WHERE type = 'table' "
                                                       "AND name NOT IN ('events', 'schema_versions')")) {
        out[table] = reader.First<int64_t>("SELECT count(*) FROM " + table).value_or(0);
      }
    });
    return out;
  };
  for (const auto& [table, count] : rows())
    EXPECT_GT(count, 0) << table << ": fill it too, or this test proves nothing";
  database_->Write([&](sql::Writer& writer) { tracking_.Clear(writer); });
  for (const auto& [table, count] : rows()) EXPECT_EQ(count, table == "experiments" ? 1 : 0) << table;
  EXPECT_EQ(tracking_.experiments.Get(0).lifecycle_stage, LifecycleStage::kActive);
  EXPECT_EQ(Add("a"), 1);
}

TEST_F(ExperimentsTest, CreatesWithNameLocationAndTags) {
  const Experiment made = tracking_.experiments.Create({.name = "a", .tags = {{"team", "blue"}}}, by_);
  EXPECT_EQ(made.id, 1);
  EXPECT_EQ(made.artifact_location, "mlflow-artifacts:/1");
  EXPECT_THAT(made.tags, ElementsAre(Tag{"team", "blue"}));
  const Experiment remote =
      tracking_.experiments.Create({.name = "b", .artifact_location = "s3://bucket/b"}, by_);
  EXPECT_EQ(tracking_.experiments.Get(remote.id).artifact_location, "s3://bucket/b");
  EXPECT_EQ(CodeOf([&] { Add("a"); }), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf([&] { Add(""); }), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { tracking_.experiments.Get(99); }), Code::kNotFound);
}

TEST_F(ExperimentsTest, LocationsOnThisMachineAreRefused) {
  for (const char* location :
       {"/etc", "file:///etc", "../../etc", "mlflow-artifacts:/../../etc", "mlflow-artifacts:/a/%2e%2e/b",
        "mlflow-artifacts://host/a", "javascript:alert(1)", "s3:bucket", "s3://b/../c", "s3://b/c?d",
        "ftp://a/b"}) {
    EXPECT_EQ(
        CodeOf([&] { tracking_.experiments.Create({.name = "x", .artifact_location = location}, by_); }),
        Code::kInvalidArgument)
        << location;
  }
  EXPECT_EQ(
      tracking_.experiments.Create({.name = "x", .artifact_location = "mlflow-artifacts:/a/b"}, by_).name,
      "x");
}

TEST_F(ExperimentsTest, RunsFollowDeletionAndRestorationButNotTwice) {
  const int64_t id = Add("a");
  const RunId kept = NewRunId(id);
  const RunId dropped = NewRunId(id);
  tracking_.runs.Delete(dropped, by_);
  tracking_.experiments.Delete(id, by_);
  EXPECT_EQ(tracking_.runs.GetInfo(kept).lifecycle_stage, LifecycleStage::kDeleted);
  EXPECT_EQ(CodeOf([&] { NewRunId(id); }), Code::kFailedPrecondition);
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Restore(kept, by_); }), Code::kFailedPrecondition);
  EXPECT_EQ(tracking_.experiments.FindByName("a")->lifecycle_stage, LifecycleStage::kDeleted);
  EXPECT_EQ(CodeOf([&] { Add("a"); }), Code::kAlreadyExists);

  tracking_.experiments.Restore(id, by_);
  EXPECT_EQ(tracking_.runs.GetInfo(kept).lifecycle_stage, LifecycleStage::kActive);
  EXPECT_EQ(tracking_.runs.GetInfo(dropped).lifecycle_stage, LifecycleStage::kDeleted);
  EXPECT_THAT(tracking_.experiments.CountRuns(), ElementsAre(std::pair<const int64_t, int64_t>(id, 1)));
}

TEST_F(ExperimentsTest, SearchFiltersOrdersAndPages) {
  for (const char* name : {"pear", "apple", "Apple pie", "plum"}) {
    clock_.Advance(std::chrono::milliseconds(1));
    Add(name);
  }
  tracking_.experiments.SetTag(2, {"sort", "fruit"});
  EXPECT_THAT(Names({}), ElementsAre("plum", "Apple pie", "apple", "pear", "Default"));
  EXPECT_THAT(Names({.filter = "name ILIKE 'apple%'", .order_by = {"name"}}),
              ElementsAre("Apple pie", "apple"));
  EXPECT_THAT(Names({.filter = "attribute.name LIKE 'p%' AND creation_time > 0"}),
              ElementsAre("plum", "pear"));
  EXPECT_THAT(Names({.filter = "tags.sort = 'fruit'"}), ElementsAre("apple"));
  EXPECT_THAT(Names({.filter = "experiment_id IN ('0', '1')"}), ElementsAre("pear", "Default"));
  tracking_.experiments.Delete(1, by_);
  EXPECT_THAT(Names({.view = View::kDeletedOnly}), ElementsAre("pear"));

  std::vector<std::string> walked;
  ExperimentQuery query{.view = View::kAll, .order_by = {"name DESC"}, .limit = 2};
  do {
    const ExperimentPage page = tracking_.experiments.Search(query);
    for (const Experiment& experiment : page.experiments) walked.push_back(experiment.name);
    query.page_token = page.next_page_token;
  } while (!query.page_token.empty());
  EXPECT_THAT(walked, ElementsAre("plum", "pear", "apple", "Default", "Apple pie"));
  query.page_token = "eyJvZmZzZXQiOiAyfQ==";
  EXPECT_EQ(CodeOf([&] { tracking_.experiments.Search(query); }), Code::kInvalidArgument);
}

TEST_F(ExperimentsTest, RenamesAndTags) {
  const int64_t id = Add("a");
  tracking_.experiments.Rename(id, "b", by_);
  EXPECT_EQ(tracking_.experiments.Get(id).name, "b");
  EXPECT_EQ(CodeOf([&] { tracking_.experiments.Rename(id, "Default", by_); }), Code::kAlreadyExists);
  tracking_.experiments.SetTag(id, {"k", "1"});
  tracking_.experiments.SetTag(id, {"k", "2"});
  EXPECT_THAT(tracking_.experiments.Get(id).tags, ElementsAre(Tag{"k", "2"}));
  tracking_.experiments.DeleteTag(id, "k");
  EXPECT_EQ(CodeOf([&] { tracking_.experiments.DeleteTag(id, "k"); }), Code::kNotFound);
}

TEST(ExperimentIdTest, IsADecimalNumber) {
  EXPECT_EQ(ParseExperimentId("0"), 0);
  EXPECT_EQ(ParseExperimentId("123456"), 123456);
  for (const char* text : {"", "-1", "1.0", "a", " 1", "99999999999999999999"}) {
    EXPECT_THROW(ParseExperimentId(text), Error) << text;
  }
}

}  // namespace
}  // namespace orrery::tracking
