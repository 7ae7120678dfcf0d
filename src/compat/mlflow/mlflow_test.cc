#include "compat/mlflow/mlflow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "base/json.h"
#include "models/fake_lineage.h"
#include "models/tracking_lineage.h"
#include "sql/test_database.h"

namespace orrery::compat::mlflow {
namespace {

using http::Method;
using testing::HasSubstr;

struct Reply {
  int status = 0;
  http::Headers headers;
  std::string text;

  json::value Json() const { return ParseJson(text); }
  std::string ErrorCode() const { return std::string(Json().at("error_code").as_string()); }
};

/// The whole wire over real services, without a socket.
class MlflowTest : public testing::Test {
 protected:
  MlflowTest() { AddMlflowRoutes(router_, {*database_, tracking_, artifacts_, models_, uploads_, {}}); }

  Reply Send(Method method, const std::string& target, const std::string& body = {}) {
    http::Request request(method, target, body);
    request.headers().Set("Content-Type", "application/json");
    http::Response response = router_.Answer(request);
    Reply reply{.status = response.status, .headers = std::move(response.headers)};
    if (auto* text = std::get_if<std::string>(&response.body)) {
      reply.text = *text;
    } else if (auto* source = std::get_if<std::unique_ptr<http::BodySource>>(&response.body)) {
      std::array<std::byte, 64> block;
      while (const size_t got = (*source)->Read(block)) {
        reply.text.append(reinterpret_cast<const char*>(block.data()), got);
      }
    }
    return reply;
  }
  Reply Post(const std::string& call, const std::string& body) {
    return Send(Method::kPost, "/api/2.0/mlflow/" + call, body);
  }
  Reply Get(const std::string& call) { return Send(Method::kGet, "/api/2.0/mlflow/" + call); }
  Reply File(Method method, const std::string& path, const std::string& body = {}) {
    return Send(method, "/api/2.0/mlflow-artifacts/artifacts/" + path, body);
  }

  std::string CreateRun() {
    const auto run = Post("runs/create", R"({"experiment_id":"0","start_time":1})").Json();
    return std::string(run.at("run").at("info").at("run_id").as_string());
  }

  FakeClock clock_;
  FakeRandom random_;
  PosixFileSystem files_;
  sql::TestDatabase database_{events::EventLog::Migrations(),          content::Store::Migrations(),
                              tracking::Tracking::Migrations(),        tracking::Artifacts::Migrations(),
                              tracking::ArtifactUploads::Migrations(), models::Registry::Migrations()};
  events::EventLog events_{*database_, clock_};
  std::unique_ptr<blob::BlobStore> blobs_ =
      blob::OpenBlobStore("file://" + database_.directory() + "/blobs", files_, random_);
  content::Store store_{*database_, *blobs_, clock_};
  tracking::Tracking tracking_{*database_, events_, clock_, random_};
  tracking::Artifacts artifacts_{*database_, store_, clock_};
  tracking::ArtifactUploads uploads_{*database_, store_, artifacts_, clock_, random_};
  models::TrackingLineage lineage_{tracking_};
  models::Registry models_{*database_, events_, clock_, lineage_};
  http::Router router_;
};

TEST_F(MlflowTest, ErrorsHaveMlflowsForm) {
  const Reply unknown = Get("runs/get?run_id=" + std::string(32, '0'));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.ErrorCode(), "RESOURCE_DOES_NOT_EXIST");
  const Reply missing = Post("runs/create", "{}");
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(missing.ErrorCode(), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Post("experiments/create", R"({"name":"n"})").status, 200);
  const Reply taken = Post("experiments/create", R"({"name":"n"})");
  EXPECT_EQ(taken.status, 400);
  EXPECT_EQ(taken.ErrorCode(), "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(Post("experiments/delete", R"({"experiment_id":"1"})").status, 200);
  EXPECT_EQ(Post("experiments/delete", R"({"experiment_id":"1"})").status, 404);
  EXPECT_EQ(Post("runs/fly", "{}").status, 404);
  EXPECT_THAT(Post("runs/fly", "{}").text, HasSubstr("<title>"));
  EXPECT_EQ(Post("runs/get", "{}").status, 405);
  EXPECT_EQ(Send(Method::kPost, "/graphql", "{}").status, 404);
}

TEST_F(MlflowTest, EveryCallHasItsTwin) {
  const std::string run = CreateRun();
  EXPECT_EQ(Send(Method::kGet, "/ajax-api/2.0/mlflow/runs/get?run_id=" + run).text,
            Get("runs/get?run_id=" + run).text);
}

TEST_F(MlflowTest, ABatchIsReadBackAsHistory) {
  const std::string run = CreateRun();
  EXPECT_EQ(Post("runs/log-batch", R"({"run_id":")" + run + R"(","metrics":[
      {"key":"a b","value":0.5,"timestamp":1,"step":0},{"key":"a b","value":NaN,"timestamp":"2","step":1}],
      "params":[{"key":"p","value":"1"}],"tags":[{"key":"t","value":"v"}]})")
                .text,
            "{}");
  EXPECT_EQ(Get("metrics/get-history?run_id=" + run + "&metric_key=a%20b").text,
            R"({"metrics":[{"key":"a b","value":0.5,"timestamp":1,"step":0},)"
            R"({"key":"a b","value":"NaN","timestamp":2,"step":1}]})");
  EXPECT_EQ(Get("metrics/get-history?run_id=" + run + "&metric_key=none").text, "{}");
  const auto data = Get("runs/get?run_id=" + run).Json().at("run").at("data");
  EXPECT_EQ(json::serialize(data.at("params")), R"([{"key":"p","value":"1"}])");
  const Reply twice =
      Post("runs/log-batch",
           R"({"run_id":")" + run + R"(","params":[{"key":"q","value":"1"},{"key":"q","value":"1"}]})");
  EXPECT_EQ(twice.status, 400);
}

TEST_F(MlflowTest, LongParamsAndTagsAreCut) {
  const std::string run = CreateRun();
  const std::string long_value(9'000, 'x');
  Post("runs/log-parameter", R"({"run_id":")" + run + R"(","key":"p","value":")" + long_value + "\"}");
  Post("runs/set-tag", R"({"run_id":")" + run + R"(","key":"p","value":")" + long_value + "\"}");
  const auto data = Get("runs/get?run_id=" + run).Json().at("run").at("data");
  EXPECT_EQ(data.at("params").at(0).at("value").as_string().size(), 6'000u);
  EXPECT_EQ(data.at("tags").at(1).at("value").as_string().size(), 8'000u);
}

TEST_F(MlflowTest, FilesGoThroughTheProxy) {
  const std::string root = "0/" + CreateRun() + "/artifacts";
  EXPECT_EQ(File(Method::kPut, root + "/a/b%20%C3%A4.txt", "hello").status, 200);
  const Reply got = File(Method::kGet, root + "/a/b%20%C3%A4.txt");
  EXPECT_EQ(got.text, "hello");
  EXPECT_THAT(got.headers.Get("Content-Disposition"), HasSubstr("filename*=UTF-8''b%20%C3%A4.txt"));
  EXPECT_THAT(got.headers.Get("Content-Security-Policy"), HasSubstr("sandbox"));
  EXPECT_EQ(File(Method::kGet, root + "/a").status, 400);
  EXPECT_EQ(File(Method::kGet, root + "/none").status, 404);
  EXPECT_EQ(Send(Method::kGet, "/api/2.0/mlflow-artifacts/artifacts?path=" + root).text,
            R"({"files":[{"path":"a","is_dir":true}]})");
  EXPECT_EQ(File(Method::kDelete, root + "/a").status, 200);
  EXPECT_EQ(File(Method::kGet, root + "/a/b%20%C3%A4.txt").status, 404);
}

TEST_F(MlflowTest, OnlyAnOwnersFolderTakesOrLosesFiles) {
  const std::string run = CreateRun();
  const std::string kept = "0/" + run + "/artifacts/kept";
  File(Method::kPut, kept, "x");
  for (const char* path : {"0", "x", "kept", "0/none/artifacts/x", "1/models/m-none/artifacts/x"}) {
    EXPECT_EQ(File(Method::kPut, path, "x").status, 404) << path;
    EXPECT_EQ(File(Method::kDelete, path).status, 404) << path;
  }
  EXPECT_EQ(File(Method::kPut, "1/" + run + "/artifacts/x", "x").status, 404);
  EXPECT_EQ(File(Method::kGet, kept).text, "x");
}

TEST_F(MlflowTest, PartsAreSentToThisServerAndJoinedToAFile) {
  const std::string run = CreateRun();
  const auto call = [&](const std::string& step, const std::string& body) {
    return Send(Method::kPost, "/api/2.0/mlflow-artifacts/mpu/" + step + "/0/" + run + "/artifacts/model",
                body);
  };
  const auto begun = call("create", R"({"num_parts":2,"path":"/home/ada/weights.bin"})").Json();
  const std::string upload(begun.at("upload_id").as_string());
  std::string named;
  for (const json::value& part : begun.at("credentials").as_array()) {
    const std::string url(part.at("url").as_string());
    const Reply kept =
        Send(Method::kPut, url.substr(url.find("/api/")), "part " + url.substr(url.size() - 1));
    EXPECT_EQ(kept.status, 200);
    const std::string etag(kept.headers.Get("ETag"));
    named += std::string(named.empty() ? "" : ",") + R"({"part_number":)" + url.substr(url.size() - 1) +
             R"(,"etag":")" + etag.substr(1, etag.size() - 2) + R"("})";
  }
  const std::string whole =
      R"({"path":"/home/ada/weights.bin","upload_id":")" + upload + R"(","parts":[)" + named + "]}";
  EXPECT_EQ(call("complete", whole).status, 200);
  EXPECT_EQ(File(Method::kGet, "0/" + run + "/artifacts/model/weights.bin").text, "part 1part 2");
  EXPECT_EQ(call("complete", whole).status, 404);
  EXPECT_EQ(call("abort", whole).status, 200);
}

TEST_F(MlflowTest, PathsOfPartsAreChecked) {
  const std::string run = CreateRun();
  const auto begin = [&](const std::string& folder, const std::string& path) {
    return Send(Method::kPost, "/api/2.0/mlflow-artifacts/mpu/create/" + folder,
                R"({"num_parts":2,"path":")" + path + "\"}")
        .status;
  };
  const std::string folder = "0/" + run + "/artifacts";
  EXPECT_EQ(begin(folder, "f"), 200);
  for (const char* path : {"../f", "%2e%2e/f", "//etc/f", "a/..", "/", "a\\\\f"})
    EXPECT_EQ(begin(folder, path), 400) << path;
  EXPECT_EQ(begin("0/none/artifacts", "f"), 404);
  EXPECT_EQ(begin("0/" + run, "f"), 404);
  EXPECT_EQ(Get("artifacts/list?run_id=" + run + "&path=../x").status, 400);
}

TEST_F(MlflowTest, AnExperimentMayHaveAPlaceOfItsOwnInTheStore) {
  const auto created =
      Post("experiments/create", R"({"name":"n","artifact_location":"mlflow-artifacts:/team/artifacts/"})")
          .Json();
  const std::string id(created.at("experiment_id").as_string());
  const auto run = Post("runs/create", R"({"experiment_id":")" + id + "\"}").Json().at("run").at("info");
  const std::string root = "team/artifacts/" + std::string(run.at("run_id").as_string()) + "/artifacts";
  EXPECT_EQ(run.at("artifact_uri").as_string(), "mlflow-artifacts:/" + root);
  EXPECT_EQ(File(Method::kPut, root + "/artifacts/f", "x").status, 200);
  EXPECT_EQ(File(Method::kGet, root + "/artifacts/f").text, "x");
  for (const char* location :
       {"file:///etc", "/etc", "mlflow-artifacts:/../../etc", "mlflow-artifacts:/",
        "mlflow-artifacts://host/x", "s3://b/x", "mlflow-artifacts:/a%2e%2e/%2e%2e/b"}) {
    EXPECT_EQ(
        Post("experiments/create", std::string(R"({"name":"m","artifact_location":")") + location + "\"}")
            .status,
        400)
        << location;
  }
}

TEST_F(MlflowTest, AModelGoesFromRunToRegistry) {
  const std::string run = CreateRun();
  const auto logged =
      Post("logged-models", R"({"experiment_id":"0","name":"net","source_run_id":")" + run + "\"}").Json();
  const std::string id(logged.at("model").at("info").at("model_id").as_string());
  EXPECT_EQ(File(Method::kPut, "0/models/" + id + "/artifacts/MLmodel", "flavors").status, 200);
  Send(Method::kPatch, "/api/2.0/mlflow/logged-models/" + id,
       R"({"model_id":")" + id + R"(","status":"LOGGED_MODEL_READY"})");
  Post("registered-models/create", R"({"name":"flights"})");
  const auto version = Post("model-versions/create",
                            R"({"name":"flights","source":"models:/)" + id + R"(","model_id":")" + id + "\"}")
                           .Json()
                           .at("model_version");
  EXPECT_EQ(version.at("version").as_string(), "1");
  EXPECT_EQ(version.at("run_id").as_string(), run);
  EXPECT_EQ(
      Get("model-versions/get-download-uri?name=flights&version=1").Json().at("artifact_uri").as_string(),
      "mlflow-artifacts:/0/models/" + id + "/artifacts");
  EXPECT_EQ(Send(Method::kGet, "/model-versions/get-artifact?name=flights&version=1&path=MLmodel").text,
            "flavors");
  EXPECT_THAT(Get("logged-models/" + id).text, HasSubstr(R"({\"name\": \"flights\", \"version\": 1})"));
  const Reply alias = Get("registered-models/alias?name=flights&alias=none");
  EXPECT_EQ(alias.status, 400);
  EXPECT_EQ(alias.ErrorCode(), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Send(Method::kPatch, "/api/2.0/mlflow/logged-models/" + id,
                 R"({"model_id":"m-other","status":"LOGGED_MODEL_READY"})")
                .status,
            400);
}

}  // namespace
}  // namespace orrery::compat::mlflow
