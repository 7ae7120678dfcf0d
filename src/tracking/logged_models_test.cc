#include "tracking/logged_models.h"

#include "tracking/internal/test_tracking.h"

namespace orrery::tracking {
namespace {

using testing::ElementsAre;

class LoggedModelsTest : public TrackingTest {
 protected:
  std::string Add(const std::string& name) {
    clock_.Advance(std::chrono::milliseconds(1));
    return tracking_.logged_models.Create({.name = name}, by_).id.text();
  }
  std::vector<std::string> Names(LoggedModelQuery query) {
    query.experiment_ids = {0};
    std::vector<std::string> names;
    do {
      const auto page = tracking_.logged_models.Search(query);
      for (const LoggedModel& model : page.models) names.push_back(model.name);
      query.page_token = page.next_page_token;
    } while (!query.page_token.empty());
    return names;
  }
};

TEST_F(LoggedModelsTest, LivesFromPendingToReady) {
  const RunId run = NewRunId();
  const LoggedModel made = tracking_.logged_models.Create({.name = "m",
                                                           .model_type = "clf",
                                                           .source_run_id = run.text(),
                                                           .params = {{"a", "1"}},
                                                           .tags = {{"t", "x"}}},
                                                          by_);
  EXPECT_THAT(made.id.text(), testing::MatchesRegex("m-[0-9a-f]+"));
  EXPECT_EQ(made.artifact_uri, "mlflow-artifacts:/0/models/" + made.id.text() + "/artifacts");
  EXPECT_EQ(made.status, LoggedModelStatus::kPending);
  EXPECT_EQ(tracking_.logged_models.Finish(made.id, LoggedModelStatus::kReady, by_).status,
            LoggedModelStatus::kReady);
  tracking_.logged_models.SetTags(made.id, {{"t", "y"}, {"u", "z"}});
  tracking_.logged_models.LogParams(made.id, {{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(CodeOf([&] {
              tracking_.logged_models.LogParams(made.id, {{"a", "2"}});
            }),
            Code::kInvalidArgument);
  const LoggedModel read = tracking_.logged_models.Get(made.id);
  EXPECT_THAT(read.tags, ElementsAre(Tag{"t", "y"}, Tag{"u", "z"}));
  EXPECT_THAT(read.params, ElementsAre(Param{"a", "1"}, Param{"b", "2"}));
  tracking_.logged_models.DeleteTag(made.id, "t");
  EXPECT_EQ(CodeOf([&] { tracking_.logged_models.DeleteTag(made.id, "t"); }), Code::kNotFound);
  tracking_.logged_models.Delete(made.id, by_);
  EXPECT_EQ(CodeOf([&] { tracking_.logged_models.Get(made.id); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { tracking_.logged_models.Create({.source_run_id = "a/b"}, by_); }),
            Code::kInvalidArgument);
  for (const char* name : {"a/b", "a:b", "a.b", "a%b", "a'b", "a\"b"}) {
    EXPECT_EQ(CodeOf([&] { tracking_.logged_models.Create({.name = name}, by_); }), Code::kInvalidArgument)
        << name;
  }
}

TEST_F(LoggedModelsTest, MetricsOfARunCountForItsModel) {
  const RunId run = NewRunId();
  const std::string model = Add("m");
  const auto log = [&](double value, int64_t step, const std::optional<std::string>& dataset) {
    const std::optional<std::string> digest = dataset ? std::optional<std::string>("d") : std::nullopt;
    tracking_.runs.LogBatch(run, {.metrics = {{"acc", value, step, 5, model, dataset, digest}}});
  };
  log(0.5, 2, std::nullopt);
  log(0.4, 1, std::nullopt);
  log(0.9, 0, "iris");
  const LoggedModel read = tracking_.logged_models.Get(LoggedModelId::Parse(model));
  ASSERT_EQ(read.metrics.size(), 2);
  EXPECT_EQ(read.metrics[0].value, 0.5);
  EXPECT_EQ(read.metrics[0].dataset_name, std::nullopt);
  EXPECT_EQ(read.metrics[0].run_id, run.text());
  EXPECT_EQ(read.metrics[1].dataset_name, "iris");
  EXPECT_EQ(tracking_.runs.Get(run).metrics.front().count, 3);
  EXPECT_EQ(CodeOf([&] {
              tracking_.runs.LogBatch(run, {.metrics = {{"acc", 1, 0, 0, "m-none"}}});
            }),
            Code::kNotFound);
}

TEST_F(LoggedModelsTest, SearchFiltersOrdersAndPages) {
  const RunId run = NewRunId();
  const std::string a = Add("a");
  const std::string b = Add("b");
  const std::string c = Add("c");
  tracking_.runs.LogBatch(run, {.metrics = {{"acc", 0.5, 0, 1, a, "iris", "1"},
                                            {"acc", 0.9, 0, 2, a, "wine", "1"},
                                            {"acc", 0.7, 0, 1, b, "iris", "2"}}});
  tracking_.logged_models.Finish(LoggedModelId::Parse(c), LoggedModelStatus::kReady, by_);
  EXPECT_THAT(Names({}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(Names({.limit = 1}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(Names({.filter = "status = 'READY'"}), ElementsAre("c"));
  EXPECT_THAT(Names({.filter = "metrics.acc > 0.6"}), ElementsAre("b", "a"));
  EXPECT_THAT(Names({.filter = "metrics.acc > 0.6", .datasets = {{"iris", {}}}}), ElementsAre("b"));
  EXPECT_THAT(Names({.datasets = {{"wine", "1"}, {"none", {}}}}), ElementsAre("a"));
  for (const int64_t limit : {1, 2, 10}) {
    EXPECT_THAT(Names({.order_by = {{"metrics.acc", false}}, .limit = limit}), ElementsAre("a", "b", "c"));
    EXPECT_THAT(Names({.order_by = {{"metrics.acc", true, "iris"}}, .limit = limit}),
                ElementsAre("a", "b", "c"));
    EXPECT_THAT(Names({.order_by = {{"name", false}}, .limit = limit}), ElementsAre("c", "b", "a"));
  }
}

}  // namespace
}  // namespace orrery::tracking
