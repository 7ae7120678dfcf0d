#include "tracking/runs.h"

#include <cmath>
#include <limits>

#include "tracking/internal/test_tracking.h"

namespace orrery::tracking {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RunsTest : public TrackingTest {
 protected:
  std::vector<std::string> Keys(const std::vector<MetricSummary>& metrics) {
    std::vector<std::string> keys;
    for (const MetricSummary& metric : metrics) keys.push_back(metric.key);
    return keys;
  }
  std::string MessageOf(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
};

TEST_F(RunsTest, CreatesWithDefaults) {
  const auto run = tracking_.runs.Create({.user = "ada"}, by_);
  EXPECT_EQ(run.info.id.text().size(), 32);
  EXPECT_THAT(run.info.name, testing::MatchesRegex("[a-z]+-[a-z]+-[0-9]+"));
  EXPECT_EQ(run.info.status, RunStatus::kRunning);
  EXPECT_EQ(run.info.start_ms, ToMillis(clock_.Now()));
  EXPECT_EQ(run.info.artifact_uri, "mlflow-artifacts:/0/" + run.info.id.text() + "/artifacts");
  EXPECT_THAT(run.tags, ElementsAre(Tag{"mlflow.runName", run.info.name}));
  const auto read = tracking_.runs.Get(run.info.id);
  EXPECT_EQ(read.info.name, run.info.name);
  EXPECT_EQ(read.info.user, "ada");
  EXPECT_EQ(read.tags, run.tags);
}

TEST_F(RunsTest, NameAndTagAgree) {
  const auto by_tag =
      tracking_.runs.Create({.tags = {{"mlflow.runName", "first"}, {"a", "1"}, {"a", "2"}}}, by_);
  EXPECT_EQ(by_tag.info.name, "first");
  EXPECT_THAT(tracking_.runs.Get(by_tag.info.id).tags,
              ElementsAre(Tag{"a", "2"}, Tag{"mlflow.runName", "first"}));
  EXPECT_EQ(CodeOf([&] {
              tracking_.runs.Create({.name = "x", .tags = {{"mlflow.runName", "y"}}}, by_);
            }),
            Code::kInvalidArgument);
  tracking_.runs.Update(by_tag.info.id, {.name = "second"}, by_);
  EXPECT_THAT(tracking_.runs.Get(by_tag.info.id).tags,
              ElementsAre(Tag{"a", "2"}, Tag{"mlflow.runName", "second"}));
  tracking_.runs.LogBatch(by_tag.info.id, {.tags = {{"mlflow.runName", "third"}}});
  EXPECT_EQ(tracking_.runs.GetInfo(by_tag.info.id).name, "third");
}

TEST_F(RunsTest, ARunThatExistsIsNotCreatedAgain) {
  const auto id = RunId::Parse("chosen");
  tracking_.runs.Create({.id = id}, by_);
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Create({.id = id}, by_); }), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Create({.experiment_id = 7}, by_); }), Code::kNotFound);
}

TEST_F(RunsTest, UpdatesOnlyWhatIsGiven) {
  const RunId id = NewRunId();
  tracking_.runs.Update(id, {.status = RunStatus::kFinished, .end_ms = 5}, by_);
  const RunInfo info = tracking_.runs.Update(id, {}, by_);
  EXPECT_EQ(info.status, RunStatus::kFinished);
  EXPECT_EQ(info.end_ms, 5);
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Update(RunId::Parse("none"), {}, by_); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Update(id, {.end_ms = std::numeric_limits<int64_t>::max()}, by_); }),
            Code::kInvalidArgument);
}

TEST_F(RunsTest, ADeletedRunIsReadButNotWritten) {
  const RunId id = NewRunId();
  tracking_.runs.Delete(id, by_);
  tracking_.runs.Delete(id, by_);
  EXPECT_EQ(tracking_.runs.Get(id).info.lifecycle_stage, LifecycleStage::kDeleted);
  EXPECT_THAT(MessageOf([&] {
                tracking_.runs.LogBatch(id, {.params = {{"a", "1"}}});
              }),
              HasSubstr("must be in the 'active' state"));
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Update(id, {}, by_); }), Code::kFailedPrecondition);
  tracking_.runs.Restore(id, by_);
  tracking_.runs.LogBatch(id, {.params = {{"a", "1"}}});
  EXPECT_THAT(tracking_.runs.Get(id).params, ElementsAre(Param{"a", "1"}));
}

TEST_F(RunsTest, AParamIsSetOnce) {
  const RunId id = NewRunId();
  tracking_.runs.LogBatch(id, {.params = {{"lr", "0.1"}, {"lr", "0.1"}}});
  tracking_.runs.LogBatch(id, {.params = {{"lr", "0.1"}}});
  EXPECT_THAT(MessageOf([&] {
                tracking_.runs.LogBatch(id, {.params = {{"lr", "0.2"}}});
              }),
              HasSubstr("Changing param values is not allowed"));
  EXPECT_EQ(CodeOf([&] {
              tracking_.runs.LogBatch(id, {.params = {{"x", "1"}, {"x", "2"}}});
            }),
            Code::kInvalidArgument);
  EXPECT_THAT(tracking_.runs.Get(id).params, ElementsAre(Param{"lr", "0.1"}));
}

TEST_F(RunsTest, ABatchIsStoredAsAWhole) {
  const RunId id = NewRunId();
  tracking_.runs.LogBatch(id, {.params = {{"p", "1"}}});
  EXPECT_THROW(tracking_.runs.LogBatch(id, {.metrics = {{"m", 1, 0, 0}}, .params = {{"q", "1"}, {"p", "2"}}}),
               Error);
  EXPECT_THROW(tracking_.runs.LogBatch(id, {.metrics = {{"m", 1, 0, 0}}, .tags = {{"../x", "1"}}}), Error);
  const auto run = tracking_.runs.Get(id);
  EXPECT_THAT(run.params, ElementsAre(Param{"p", "1"}));
  EXPECT_TRUE(run.metrics.empty());
}

TEST_F(RunsTest, KeysAndAmountsAreLimited) {
  const RunId id = NewRunId();
  for (const std::string key : {"", "/a", "a//b", "a/../b", "..", ".", "a/", "a\nb", "a'b"}) {
    EXPECT_EQ(CodeOf([&] {
                tracking_.runs.LogBatch(id, {.metrics = {{key, 1, 0, 0}}});
              }),
              Code::kInvalidArgument)
        << key;
  }
  EXPECT_EQ(CodeOf([&] {
              tracking_.runs.LogBatch(id, {.params = {{std::string(251, 'k'), "v"}}});
            }),
            Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] {
              tracking_.runs.LogBatch(id, {.metrics = std::vector<Metric>(1001, {"m", 1, 0, 0})});
            }),
            Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] {
              tracking_.runs.LogBatch(id, {.tags = std::vector<Tag>(101, {"t", "1"})});
            }),
            Code::kInvalidArgument);
  tracking_.runs.LogBatch(id, {.metrics = {{"a b/c:d.e-f_\xc3\xa9", 1, 0, 0}}});
  EXPECT_THAT(Keys(tracking_.runs.Get(id).metrics), ElementsAre("a b/c:d.e-f_\xc3\xa9"));
}

TEST_F(RunsTest, LatestIsTheGreatestStepThenTimeThenValue) {
  const RunId id = NewRunId();
  tracking_.runs.LogBatch(
      id, {.metrics = {{"m", 5, 2, 10}, {"m", 9, 1, 99}, {"m", 4, 2, 11}, {"m", 3, 2, 11}, {"m", 7, -3, 0}}});
  const MetricSummary metric = tracking_.runs.Get(id).metrics.front();
  EXPECT_EQ(metric.value, 4);
  EXPECT_EQ(metric.step, 2);
  EXPECT_EQ(metric.timestamp_ms, 11);
  EXPECT_EQ(metric.first, 7);
  EXPECT_EQ(metric.min, 3);
  EXPECT_EQ(metric.max, 9);
  EXPECT_EQ(metric.count, 5);
}

TEST_F(RunsTest, NonFiniteValuesAreExact) {
  const double infinity = std::numeric_limits<double>::infinity();
  const RunId id = NewRunId();
  tracking_.runs.LogBatch(
      id, {.metrics = {
               {"a", infinity, 0, 0}, {"b", -infinity, 0, 0}, {"c", std::nan(""), 1, 0}, {"c", 2, 0, 0}}});
  const auto run = tracking_.runs.Get(id);
  EXPECT_EQ(run.metrics[0].value, infinity);
  EXPECT_EQ(run.metrics[1].min, -infinity);
  EXPECT_TRUE(std::isnan(run.metrics[2].value));
  EXPECT_EQ(run.metrics[2].min, 2);
  EXPECT_EQ(run.metrics[2].max, 2);
}

TEST_F(RunsTest, InputsAndOutputsAreKeptOnce) {
  const RunId id = NewRunId();
  const LoggedModel model = tracking_.logged_models.Create({.name = "m"}, by_);
  const DatasetInput input{{"iris", "abc", "local", "file.csv", std::nullopt, "{}"},
                           {{"mlflow.data.context", "train"}}};
  for (int i = 0; i < 2; ++i) tracking_.runs.LogInputs(id, {input}, {{model.id.text()}});
  tracking_.runs.LogOutputs(id, {{model.id.text(), 3}});
  const auto run = tracking_.runs.Get(id);
  ASSERT_EQ(run.dataset_inputs.size(), 1);
  EXPECT_EQ(run.dataset_inputs[0].dataset.digest, "abc");
  EXPECT_EQ(run.dataset_inputs[0].dataset.schema, std::nullopt);
  EXPECT_EQ(run.dataset_inputs[0].dataset.profile, "{}");
  EXPECT_THAT(run.dataset_inputs[0].tags, ElementsAre(Tag{"mlflow.data.context", "train"}));
  EXPECT_EQ(run.model_inputs.at(0).model_id, model.id.text());
  EXPECT_EQ(run.model_outputs.at(0).step, 3);
  EXPECT_EQ(CodeOf([&] { tracking_.runs.LogOutputs(id, {{"m-none", 0}}); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { tracking_.runs.LogInputs(id, {{{.name = "x"}, {}}}, {}); }), Code::kInvalidArgument);
  const auto summaries = tracking_.experiments.SearchDatasets({0});
  ASSERT_EQ(summaries.size(), 1);
  EXPECT_EQ(summaries[0].context, "train");
}

TEST_F(RunsTest, TagsAreDeletedOnce) {
  const RunId id = NewRunId();
  tracking_.runs.LogBatch(id, {.tags = {{"t", "1"}}});
  tracking_.runs.DeleteTag(id, "t");
  EXPECT_EQ(CodeOf([&] { tracking_.runs.DeleteTag(id, "t"); }), Code::kNotFound);
}

TEST_F(RunsTest, EventsTellOfTheLifeAndNotOfThePoints) {
  const RunId id = NewRunId();
  tracking_.runs.LogBatch(id, {.metrics = {{"m", 1, 0, 0}}});
  tracking_.runs.Update(id, {.status = RunStatus::kFinished}, by_);
  tracking_.runs.Update(id, {.status = RunStatus::kFinished}, by_);
  tracking_.runs.Delete(id, by_);
  std::vector<std::string> types;
  for (const auto& event : events_.After(0, {.subject = "run:" + id.text()}, 100)) {
    types.push_back(event.type);
    EXPECT_EQ(event.actor, "ada");
  }
  EXPECT_THAT(types, ElementsAre("run_created", "run_updated", "run_deleted"));
}

TEST_F(RunsTest, WorksInsideAnotherTransaction) {
  const auto id = RunId::Parse("inner");
  EXPECT_THROW(database_->Write([&](sql::Writer& writer) {
    tracking_.runs.Create(writer, {.id = id}, by_);
    throw Error(Code::kAborted, "no");
  }),
               Error);
  EXPECT_EQ(CodeOf([&] { tracking_.runs.Get(id); }), Code::kNotFound);
}

}  // namespace
}  // namespace orrery::tracking
