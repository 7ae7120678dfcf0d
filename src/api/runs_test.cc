#include "api/runs.h"

#include <cmath>

#include <gmock/gmock.h>

#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "base/json.h"
#include "sql/test_database.h"

namespace orrery::api {
namespace {

using testing::HasSubstr;

class RunRoutesTest : public testing::Test {
 protected:
  RunRoutesTest() { AddRunRoutes(router_, tracking_, artifacts_); }

  std::string Get(const std::string& target, int status = 200) {
    http::Request request(http::Method::kGet, target);
    http::Response response = router_.Answer(request);
    const auto* body = std::get_if<std::string>(&response.body);
    EXPECT_EQ(response.status, status) << target << (body == nullptr ? "" : *body);
    return body == nullptr ? "" : *body;
  }
  tracking::RunId Add(const std::string& name, int64_t experiment = 0) {
    clock_.Advance(std::chrono::milliseconds(1));
    return tracking_.runs
        .Create(
            {.id = tracking::RunId::Parse(name), .experiment_id = experiment, .user = "ada", .name = name},
            by_)
        .info.id;
  }

  const Actor by_{"ada"};
  FakeClock clock_;
  FakeRandom random_;
  sql::TestDatabase database_{events::EventLog::Migrations(), content::Store::Migrations(),
                              tracking::Tracking::Migrations(), tracking::Artifacts::Migrations()};
  events::EventLog events_{*database_, clock_};
  PosixFileSystem files_;
  std::unique_ptr<blob::BlobStore> blobs_ =
      blob::OpenBlobStore("file://" + database_.directory() + "/blobs", files_, random_);
  content::Store store_{*database_, *blobs_, clock_};
  tracking::Tracking tracking_{*database_, events_, clock_, random_};
  tracking::Artifacts artifacts_{*database_, store_, clock_};
  http::Router router_;
};

TEST_F(RunRoutesTest, ShowsARun) {
  const auto id = Add("a");
  tracking_.runs.LogBatch(id, {.metrics = {{"loss", 0.5, 3, 1'000}, {"bad", std::nan(""), 0, INT64_MAX}},
                               .params = {{"lr", "0.1"}},
                               .tags = {{"orrery.job_id", "j1"}, {"mlflow.source.git.commit", "c0ffee"}}});
  tracking_.runs.Update(id, {.status = tracking::RunStatus::kFinished, .end_ms = 2'000}, by_);
  EXPECT_EQ(
      Get("/api/v1/runs/a"),
      R"({"id":"a","name":"a","experiment_id":"0","experiment_name":"Default","user":"ada","status":"FINISHED",)"
      R"("started_at":"2013-01-01T00:00:00.001000Z","ended_at":"1970-01-01T00:00:02.000000Z",)"
      R"("lifecycle_stage":"ACTIVE","artifact_uri":"mlflow-artifacts:/0/a/artifacts","params":{"lr":"0.1"},)"
      R"("tags":{"mlflow.runName":"a","mlflow.source.git.commit":"c0ffee","orrery.job_id":"j1"},)"
      R"("metrics":[{"key":"bad","value":"NaN","step":0,"at":"9999-12-31T23:59:59.999000Z","min":"NaN","max":"NaN",)"
      R"("first":"NaN","count":1},{"key":"loss","value":0.5,"step":3,"at":"1970-01-01T00:00:01.000000Z","min":0.5,)"
      R"("max":0.5,"first":0.5,"count":1}],"job_id":"j1","git_commit":"c0ffee","models":[]})");
  EXPECT_THAT(Get("/api/v1/runs/none", 404), HasSubstr(R"("code":"not_found")"));
  EXPECT_THAT(Get("/api/v1/runs/a%20b", 400), HasSubstr(R"("field":"run_id")"));
}

TEST_F(RunRoutesTest, ComparesTwoRuns) {
  tracking_.runs.LogBatch(Add("a"), {.metrics = {{"loss", 0.5, 3, 1'000}}, .params = {{"lr", "0.1"}}});
  tracking_.runs.LogBatch(Add("b"), {.metrics = {{"loss", 0.25, 3, 7'000}}, .params = {{"lr", "0.1"}}});
  EXPECT_EQ(
      Get("/api/v1/runs/a/differences?to=b"),
      R"({"a":"a","b":"b","params":[],"metrics":[{"key":"loss","a":0.5,"b":0.25,"points_a":1,"points_b":1,)"
      R"("identical":false,"first_step":3,"greatest":0.25}]})");
  EXPECT_THAT(Get("/api/v1/runs/a/differences?to=none", 404), HasSubstr("none"));
  EXPECT_THAT(Get("/api/v1/runs/a/differences", 400), HasSubstr(R"("field":"to")"));
}

TEST_F(RunRoutesTest, ARunNamesTheModelsThatItMade) {
  const auto id = Add("a");
  const auto model = tracking_.logged_models.Create({.source_run_id = id.text()}, by_).id;
  tracking_.runs.LogOutputs(id, {{model.text(), 3}});
  EXPECT_THAT(Get("/api/v1/runs/a"), HasSubstr(R"("models":[")" + model.text() + R"("])"));
}

TEST_F(RunRoutesTest, SearchesAndPages) {
  const int64_t other = tracking_.experiments.Create({.name = "7"}, by_).id;
  Add("a");
  Add("b");
  Add("c", other);
  const auto ids = [&](const std::string& query) {
    std::string out;
    const json::value answer = ParseJson(Get("/api/v1/runs?" + query));
    for (const auto& run : answer.at("runs").as_array()) out += run.at("id").as_string().c_str();
    return out;
  };
  EXPECT_EQ(ids(""), "cba");
  EXPECT_EQ(ids("experiment=Default"), "ba");
  EXPECT_EQ(ids("experiment=1&experiment=0"), "cba");
  EXPECT_EQ(ids("experiment=7"), "c");
  EXPECT_EQ(ids("filter=run_name%20%3D%20%27a%27"), "a");
  EXPECT_EQ(ids("order_by=run_name"), "abc");
  const auto page = ParseJson(Get("/api/v1/runs?limit=2"));
  EXPECT_EQ(ids("limit=2&page_token=" + std::string(page.at("next_page_token").as_string())), "a");
  EXPECT_THAT(Get("/api/v1/runs?limit=3"), testing::Not(HasSubstr("next_page_token")));
  EXPECT_THAT(Get("/api/v1/runs?experiment=none", 404), HasSubstr(R"("field":"experiment")"));
  EXPECT_THAT(Get("/api/v1/runs?limit=1001", 400), HasSubstr(R"("field":"limit")"));
  EXPECT_THAT(Get("/api/v1/runs?filter=a", 400), HasSubstr("column 1"));
  EXPECT_THAT(Get("/api/v1/runs?colour=red", 400), HasSubstr("colour"));
  EXPECT_THAT(Get("/api/v1/runs?page_token=x", 400), HasSubstr(R"("field":"page_token")"));
}

TEST_F(RunRoutesTest, ListsExperimentsWithTheirRuns) {
  Add("a");
  const auto list = ParseJson(Get("/api/v1/experiments")).at("experiments").as_array();
  ASSERT_EQ(list.size(), 1);
  EXPECT_EQ(list[0].at("id").as_string(), "0");
  EXPECT_EQ(list[0].at("runs").as_int64(), 1);
}

TEST_F(RunRoutesTest, DrawsCurves) {
  const auto id = Add("a");
  tracking_.runs.LogBatch(
      id, {.metrics = {{"m", 0.5, 1, 1'356'998'400'001}, {"m", INFINITY, 2, 1'356'998'401'501}}});
  EXPECT_EQ(Get("/api/v1/curves?run=a&metric=m"),
            R"({"curves":[{"run_id":"a","metric":"m","total":2,"exact":true,"points":[[1,0.5],[2,null]],)"
            R"("non_finite":[[2,"Infinity"]]}]})");
  EXPECT_THAT(Get("/api/v1/curves?run=a&metric=m&x=relative"), HasSubstr(R"("points":[[0,0.5],[1.5,null]])"));
  EXPECT_THAT(Get("/api/v1/curves?run=a&metric=m&x=wall&to=1356998400500"),
              HasSubstr(R"("points":[[1356998400001,0.5]])"));
  EXPECT_THAT(Get("/api/v1/curves?run=a&metric=none"), HasSubstr(R"("total":0,"exact":true,"points":[])"));
  EXPECT_THAT(Get("/api/v1/curves?run=a&metric=m&x=time", 400), HasSubstr(R"("field":"x")"));
  EXPECT_THAT(Get("/api/v1/curves?run=a&metric=m&from=nan", 400), HasSubstr(R"("field":"from")"));
  EXPECT_THAT(Get("/api/v1/curves?metric=m", 400), HasSubstr(R"("field":"run")"));
  Get("/api/v1/curves?run=none&metric=m", 404);
}

TEST_F(RunRoutesTest, ArtifactsAreListedAndSentAsAttachments) {
  const auto id = Add("a");
  artifacts_.Put({tracking::ArtifactRoot::kRun, id.text()}, tracking::ArtifactPath::Parse("model/MLmodel"),
                 store_.Put("hello"));
  EXPECT_THAT(Get("/api/v1/runs/a/artifacts"),
              HasSubstr(R"({"path":"","entries":[{"path":"model","is_dir":true}]})"));
  EXPECT_THAT(Get("/api/v1/runs/a/artifacts?path=model"),
              HasSubstr(R"("path":"model/MLmodel","is_dir":false,"size":5,)"));
  http::Request request(http::Method::kGet, "/api/v1/runs/a/artifacts/content?path=model/MLmodel");
  const http::Response response = router_.Answer(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(std::string(response.headers.Get("Content-Disposition")), HasSubstr("attachment"));
  EXPECT_EQ(response.headers.Get("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/yaml");
  EXPECT_THAT(Get("/api/v1/runs/a/artifacts/content?path=..%2Fx", 400), HasSubstr(R"("field":"path")"));
  Get("/api/v1/runs/a/artifacts/content?path=none", 404);
  Get("/api/v1/runs/none/artifacts", 404);
}

TEST_F(RunRoutesTest, ArtifactsHaveTheTypeOfTheirNameAndAreNeverAPageOfTheServer) {
  Add("a");
  const std::map<std::string, std::string> types = {{"plots/roc.png", "image/png"},
                                                    {"photo.JPG", "image/jpeg"},
                                                    {"report.html", "text/html; charset=utf-8"},
                                                    {"figure.svg", "image/svg+xml"},
                                                    {"data.xml", "application/xml"},
                                                    {"table.csv", "text/csv; charset=utf-8"},
                                                    {"model.pkl", "application/octet-stream"},
                                                    {"dir.png/none", "application/octet-stream"}};
  for (const auto& [path, type] : types) {
    artifacts_.Put({tracking::ArtifactRoot::kRun, "a"}, tracking::ArtifactPath::Parse(path),
                   store_.Put(path));
    http::Request request(http::Method::kGet, "/api/v1/runs/a/artifacts/content?path=" + path);
    const http::Response response = router_.Answer(request);
    EXPECT_EQ(response.headers.Get("Content-Type"), type) << path;
    EXPECT_THAT(std::string(response.headers.Get("Content-Disposition")), testing::StartsWith("attachment"));
    EXPECT_THAT(std::string(response.headers.Get("Content-Security-Policy")), HasSubstr("sandbox"));
  }
}

}  // namespace
}  // namespace orrery::api
