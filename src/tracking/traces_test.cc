#include "tracking/traces.h"

#include "tracking/internal/test_tracking.h"

namespace orrery::tracking {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class TracesTest : public TrackingTest {
 protected:
  static Trace Ended(const std::string& id, int64_t start_ms, TraceState state = TraceState::kOk) {
    return {.id = TraceId::Parse(id),
            .start_ms = start_ms,
            .duration_ms = 5,
            .state = state,
            .metadata = {},
            .tags = {}};
  }
  static Span Step(const std::string& trace, const std::string& id, const std::string& parent = {}) {
    return {.trace_id = TraceId::Parse(trace),
            .id = id,
            .parent_id = parent,
            .name = "step " + id,
            .start_ns = 1'000'000'000,
            .end_ns = 3'500'000'000,
            .content = "{\"name\":\"" + id + "\"}",
            .text = id};
  }
  std::vector<std::string> Found(const std::string& filter, const std::vector<std::string>& order_by = {}) {
    std::vector<std::string> out;
    for (const Trace& trace :
         tracking_.traces.Search({.experiment_ids = {0}, .filter = filter, .order_by = order_by}).traces) {
      out.push_back(trace.id.text());
    }
    return out;
  }
};

TEST_F(TracesTest, SpansAloneTellWhenATraceBeganAndHowItEnded) {
  tracking_.traces.AddSpans(0, {Step("tr-1", "b", "a")});
  EXPECT_EQ(tracking_.traces.Get(TraceId::Parse("tr-1")).state, TraceState::kInProgress);
  EXPECT_FALSE(tracking_.traces.GetWithSpans(TraceId::Parse("tr-1")).complete);
  Span root = Step("tr-1", "a");
  root.failed = true;
  tracking_.traces.AddSpans(0, {root});
  const auto found = tracking_.traces.GetWithSpans(TraceId::Parse("tr-1"));
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.trace.state, TraceState::kError);
  EXPECT_EQ(found.trace.start_ms, 1'000);
  EXPECT_EQ(found.trace.duration_ms, 2'500);
  EXPECT_THAT(found.trace.tags, Contains(Tag{"mlflow.traceName", "step a"}));
  EXPECT_THAT(found.trace.tags,
              Contains(Tag{"mlflow.artifactLocation", "mlflow-artifacts:/0/traces/tr-1/artifacts"}));
  EXPECT_THAT(found.spans, ElementsAre(R"({"name":"a"})", R"({"name":"b"})"));
}

TEST_F(TracesTest, WhatTheClientSaysOfATraceCountsWheneverItsSpansCome) {
  Trace ended = Ended("tr-1", 77);
  ended.metadata = {{"mlflow.trace.sizeStats", R"({"num_spans": 2})"}};
  tracking_.traces.Record(ended);
  tracking_.traces.AddSpans(0, {Step("tr-1", "a")});
  EXPECT_FALSE(tracking_.traces.GetWithSpans(ended.id).complete) << "one of two spans";
  tracking_.traces.AddSpans(0, {Step("tr-1", "b", "a"), Step("tr-1", "a")});
  const auto found = tracking_.traces.GetWithSpans(ended.id);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.trace.start_ms, 77);
  EXPECT_EQ(found.spans.size(), 2u) << "a span that comes again replaces itself";
}

TEST_F(TracesTest, AnIdBelongsToOneExperiment) {
  const int64_t other = tracking_.experiments.Create({.name = "other"}, by_).id;
  tracking_.traces.Record(Ended("tr-1", 1));
  EXPECT_EQ(CodeOf([&] {
              tracking_.traces.AddSpans(other, {Step("tr-2", "a"), Step("tr-1", "a")});
            }),
            Code::kAlreadyExists);
  EXPECT_EQ(CodeOf([&] { tracking_.traces.Get(TraceId::Parse("tr-2")); }), Code::kNotFound) << "all or none";
  tracking_.experiments.Delete(0, by_);
  EXPECT_EQ(CodeOf([&] { tracking_.traces.Record(Ended("tr-3", 1)); }), Code::kFailedPrecondition);
}

TEST_F(TracesTest, SearchKnowsAttributesTagsMetadataRunsAndText) {
  Trace first = Ended("tr-1", 100);
  first.tags = {{"mlflow.traceName", "ask"}, {"team", "blue"}};
  first.metadata = {{"mlflow.sourceRun", "r1"}};
  tracking_.traces.Record(first);
  tracking_.traces.Record(Ended("tr-2", 200, TraceState::kError));
  tracking_.traces.AddSpans(0, {Step("tr-2", "needle")});
  const RunId run = NewRunId();
  tracking_.traces.LinkToRun({"tr-2"}, run);

  EXPECT_THAT(Found(""), ElementsAre("tr-2", "tr-1"));
  EXPECT_THAT(Found("", {"timestamp ASC"}), ElementsAre("tr-1", "tr-2"));
  EXPECT_THAT(Found("status = 'OK'"), ElementsAre("tr-1"));
  EXPECT_THAT(Found("trace.timestamp_ms > 150 AND attributes.execution_time = 5"), ElementsAre("tr-2"));
  EXPECT_THAT(Found("name = 'ask'"), ElementsAre("tr-1"));
  EXPECT_THAT(Found("tags.team ILIKE 'BLUE'"), ElementsAre("tr-1"));
  EXPECT_THAT(Found("metadata.`mlflow.sourceRun` = 'r1'"), ElementsAre("tr-1"));
  EXPECT_THAT(Found("run_id = 'r1'"), ElementsAre("tr-1"));
  EXPECT_THAT(Found("attribute.run_id = '" + run.text() + "'"), ElementsAre("tr-2"));
  EXPECT_THAT(Found("trace.text LIKE '%needle%'"), ElementsAre("tr-2"));
  EXPECT_THAT(Found("client_request_id != 'x'"), IsEmpty()) << "one that was not given differs from nothing";
  EXPECT_THAT(Found("end_time_ms = 205"), ElementsAre("tr-2"));
  EXPECT_THAT(Found("", {"tags.team DESC"}), ElementsAre("tr-1", "tr-2")) << "an absent one comes last";
  EXPECT_THAT(Found("", {"metadata.`mlflow.sourceRun`"}), ElementsAre("tr-1", "tr-2"));
  EXPECT_THAT(Found("", {"run_id", "timestamp ASC"}), ElementsAre("tr-1", "tr-2"));
  EXPECT_THAT(Found("", {"experiment_id"}), ElementsAre("tr-2", "tr-1")) << "of equal ones the newest first";
  EXPECT_EQ(CodeOf([&] { Found("metrics.m > 1"); }), Code::kInvalidArgument);
  tracking_.traces.LinkToRun({"tr-3"}, run);
  tracking_.traces.Record(Ended("tr-3", 300));
  EXPECT_THAT(Found("run_id = '" + run.text() + "'"), ElementsAre("tr-3", "tr-2")) << "linked before it came";
  EXPECT_EQ(CodeOf([&] { tracking_.traces.LinkToRun({"tr-2"}, RunId::Parse("none")); }), Code::kNotFound);
}

TEST_F(TracesTest, PagesGoOnWhereTheyEnded) {
  for (int i = 0; i < 5; ++i) tracking_.traces.Record(Ended("tr-" + std::to_string(i), 7));
  TraceQuery query{.experiment_ids = {0}, .limit = 2};
  std::vector<std::string> walked;
  do {
    const TracePage page = tracking_.traces.Search(query);
    for (const Trace& trace : page.traces) walked.push_back(trace.id.text());
    query.page_token = page.next_page_token;
  } while (!query.page_token.empty());
  EXPECT_THAT(walked, ElementsAre("tr-0", "tr-1", "tr-2", "tr-3", "tr-4"));
}

TEST_F(TracesTest, DeletesTheOldestFirstAndOnlyThoseOfTheExperiment) {
  for (int i = 0; i < 4; ++i) tracking_.traces.Record(Ended("tr-" + std::to_string(i), i));
  const int64_t other = tracking_.experiments.Create({.name = "other"}, by_).id;
  const auto gone = [&](const TraceDeletion& deletion) { return tracking_.traces.Delete(deletion).size(); };
  EXPECT_EQ(gone({.experiment_id = other, .ids = {"tr-1"}, .until_ms = {}, .most = {}}), 0u);
  EXPECT_EQ(gone({.experiment_id = 0, .ids = {}, .until_ms = 2, .most = 2}), 2u);
  EXPECT_THAT(Found(""), ElementsAre("tr-3", "tr-2"));
  EXPECT_EQ(gone({.experiment_id = 0, .ids = {"tr-3", "tr-3", "tr-9"}, .until_ms = {}, .most = {}}), 1u);
  EXPECT_EQ(gone({.experiment_id = 0, .ids = {}, .until_ms = 9, .most = {}}), 1u);
  EXPECT_THAT(Found(""), IsEmpty());
}

TEST_F(TracesTest, TagsChangeAndGo) {
  const TraceId id = TraceId::Parse("tr-1");
  tracking_.traces.Record(Ended("tr-1", 1));
  tracking_.traces.SetTag(id, {"k", "1"});
  tracking_.traces.SetTag(id, {"k", "2"});
  EXPECT_THAT(tracking_.traces.Get(id).tags, Contains(Tag{"k", "2"}));
  tracking_.traces.DeleteTag(id, "k");
  EXPECT_EQ(CodeOf([&] { tracking_.traces.DeleteTag(id, "k"); }), Code::kNotFound);
  for (const char* key : {"", "a?b", "../", "/a"}) {
    EXPECT_EQ(CodeOf([&] { tracking_.traces.SetTag(id, {key, "v"}); }), Code::kInvalidArgument) << key;
  }
}

}  // namespace
}  // namespace orrery::tracking
