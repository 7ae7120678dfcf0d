#include "api/runs.h"

#include <algorithm>
#include <memory>

#include "api/artifact_type.h"
#include "api/curves.h"
#include "http/ranged.h"
#include "tracking/differences.h"
#include "tracking/run_view.h"

namespace orrery::api {
namespace {

constexpr int64_t kDefaultPage = 100;
constexpr int64_t kMostInPage = 1'000;

struct ExperimentList {
  std::vector<tracking::ExperimentView> experiments;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(ExperimentList, (), (experiments, next_page_token))

struct ArtifactList {
  std::string path;
  std::vector<tracking::ArtifactEntry> entries;
};
BOOST_DESCRIBE_STRUCT(ArtifactList, (), (path, entries))

std::optional<std::string> TokenOf(const std::string& token) {
  return token.empty() ? std::nullopt : std::optional(token);
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.size() < 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// An experiment by its id or, where there is none, by its name.
int64_t ExperimentOf(tracking::Experiments& experiments, const std::string& id_or_name) {
  if (IsNumber(id_or_name)) {
    try {
      return experiments.Get(tracking::ParseExperimentId(id_or_name)).id;
    } catch (const Error& error) {
      if (error.code() != Code::kNotFound) throw;
      // A name may be a number too.
    }
  }
  const auto found = experiments.FindByName(id_or_name);
  if (!found)
    throw Error(Code::kNotFound, "no experiment has this id or name: " + Quoted(id_or_name), "experiment");
  return found->id;
}

ExperimentList ListExperiments(tracking::Tracking& tracking, const http::Query& query) {
  query.RefuseOthers({"limit", "page_token"});
  const auto page = tracking.experiments.Search(
      {.limit = query.Integer("limit", kDefaultPage, 1, kMostInPage), .page_token = query.Get("page_token")});
  const auto counts = tracking.experiments.CountRuns();
  ExperimentList out{.next_page_token = TokenOf(page.next_page_token)};
  for (const tracking::Experiment& experiment : page.experiments) {
    const auto count = counts.find(experiment.id);
    out.experiments.push_back(tracking::ViewOf(experiment, count == counts.end() ? 0 : count->second));
  }
  return out;
}

tracking::RunViewPage ListRuns(tracking::Tracking& tracking, const http::Query& query) {
  query.RefuseOthers({"experiment", "filter", "order_by", "limit", "page_token"});
  tracking::RunQuery asked{.filter = query.Get("filter"),
                           .order_by = query.All("order_by"),
                           .limit = query.Integer("limit", kDefaultPage, 1, kMostInPage),
                           .page_token = query.Get("page_token")};
  for (const std::string& experiment : query.All("experiment")) {
    asked.experiment_ids.push_back(ExperimentOf(tracking.experiments, experiment));
  }
  asked.all_experiments = asked.experiment_ids.empty();
  const auto page = tracking.runs.Search(asked);
  tracking::RunViewPage out{.next_page_token = TokenOf(page.next_page_token)};
  std::map<int64_t, std::string> names;
  for (const tracking::Run& run : page.runs) {
    const int64_t experiment = run.info.experiment_id;
    if (!names.contains(experiment)) names[experiment] = tracking.experiments.Get(experiment).name;
    out.runs.push_back(tracking::ViewOf(run, names[experiment]));
  }
  return out;
}

tracking::RunView GetRun(tracking::Tracking& tracking, const http::Request& request) {
  const auto run = tracking.runs.Get(tracking::RunId::Parse(request.path("id")));
  return tracking::ViewOf(run, tracking.experiments.Get(run.info.experiment_id).name);
}

tracking::RunDifferences CompareRuns(tracking::Tracking& tracking, const http::Request& request) {
  request.query().RefuseOthers({"to"});
  if (request.query().Get("to").empty()) throw InvalidField("to", "name the run to compare with");
  return tracking::CompareRuns(tracking.runs, tracking.metrics, tracking::RunId::Parse(request.path("id")),
                               tracking::RunId::Parse(request.query().Get("to")));
}

/// The run of the path, which must exist.
tracking::ArtifactOwner OwnerOf(tracking::Tracking& tracking, const http::Request& request) {
  const auto id = tracking::RunId::Parse(request.path("id"));
  tracking.runs.GetInfo(id);
  return {tracking::ArtifactRoot::kRun, id.text()};
}

ArtifactList ListArtifacts(tracking::Tracking& tracking, tracking::Artifacts& artifacts,
                           const http::Request& request) {
  request.query().RefuseOthers({"path"});
  const auto owner = OwnerOf(tracking, request);
  const std::string path = request.query().Get("path");
  std::optional<tracking::ArtifactPath> folder;
  if (!path.empty()) folder = tracking::ArtifactPath::Parse(path);
  return {path, artifacts.List(owner, folder)};
}

http::Response GetArtifact(tracking::Tracking& tracking, tracking::Artifacts& artifacts,
                           const http::Request& request) {
  request.query().RefuseOthers({"path"});
  const auto owner = OwnerOf(tracking, request);
  const auto path = tracking::ArtifactPath::Parse(request.query().Get("path"));
  auto [artifact, opened] = artifacts.Open(owner, path);
  const std::shared_ptr<blob::Object> object = std::move(opened);  // shared: std::function copies its target
  http::Response response = http::RangedResponse(
      request,
      {.size = artifact.size,
       .read = [object](uint64_t offset, std::span<std::byte> out) { return object->ReadAt(offset, out); },
       .content_type = std::string(ContentTypeOf(path.text())),
       .etag = std::string(artifact.digest.hex())});
  response.headers.Set("Content-Disposition", http::AttachmentNamed(path.text()));
  response.headers.Set("X-Content-Type-Options", "nosniff");
  // Should a browser show it as a page all the same, what a run logged gets no scripts and no origin.
  response.headers.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'");
  return response;
}

void AddArtifactRoutes(http::Router& router, tracking::Tracking& tracking, tracking::Artifacts& artifacts) {
  router.Get<ArtifactList>(
      "/api/v1/runs/{id}/artifacts",
      {.id = "listArtifacts",
       .summary = "List what lies directly in a folder of a run's artifacts.",
       .tag = "runs",
       .query = {{"path", "The folder; the root without it."}}},
      [&](const http::Request& request) { return ListArtifacts(tracking, artifacts, request); });
  router.Add({.method = http::Method::kGet,
              .pattern = "/api/v1/runs/{id}/artifacts/content",
              .doc = {.id = "getArtifact",
                      .summary = "Download an artifact, or a range of it.",
                      .tag = "runs",
                      .query = {{"path", "The file."}},
                      .answers = "application/octet-stream"},
              .handler = [&](http::Request& request) { return GetArtifact(tracking, artifacts, request); }});
}

}  // namespace

void AddRunRoutes(http::Router& router, tracking::Tracking& tracking, tracking::Artifacts& artifacts) {
  const http::QueryDoc limit{"limit", "How many at most, 1 to 1000; 100 by default."};
  const http::QueryDoc token{"page_token", "The next_page_token of the page before."};
  router.Get<ExperimentList>(
      "/api/v1/experiments",
      {.id = "listExperiments",
       .summary = "List experiments, newest first.",
       .tag = "runs",
       .query = {limit, token}},
      [&](const http::Request& request) { return ListExperiments(tracking, request.query()); });
  router.Get<tracking::RunViewPage>(
      "/api/v1/runs",
      {.id = "listRuns",
       .summary = "Search runs, newest first.",
       .tag = "runs",
       .query = {{"experiment", "An experiment's id or name; all without it.", true},
                 {"filter", "MLflow's grammar: metrics.loss < 0.5 AND params.model = 'xgb'"},
                 {"order_by", "A field and ASC or DESC: metrics.loss ASC", true},
                 limit,
                 token}},
      [&](const http::Request& request) { return ListRuns(tracking, request.query()); });
  router.Get<tracking::RunView>("/api/v1/runs/{id}",
                                {.id = "getRun", .summary = "Read a run.", .tag = "runs"},
                                [&](const http::Request& request) { return GetRun(tracking, request); });
  router.Get<tracking::RunDifferences>(
      "/api/v1/runs/{id}/differences",
      {.id = "compareRuns",
       .summary = "Compare a run with another one: params that differ, and every point of every metric.",
       .tag = "runs",
       .query = {{"to", "The other run's id."}}},
      [&](const http::Request& request) { return CompareRuns(tracking, request); });
  AddCurveRoute(router, tracking);
  AddArtifactRoutes(router, tracking, artifacts);
}

}  // namespace orrery::api
