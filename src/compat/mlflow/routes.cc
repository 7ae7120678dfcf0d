#include "compat/mlflow/calls.h"
#include "compat/mlflow/errors.h"

namespace orrery::compat::mlflow {
namespace {

using http::BodyPolicy;
using http::Method;

constexpr Method kGet = Method::kGet;
constexpr Method kPost = Method::kPost;
constexpr Method kPut = Method::kPut;
constexpr Method kPatch = Method::kPatch;
constexpr Method kDelete = Method::kDelete;

struct Entry {
  Method method;
  std::string_view path;
  Call call;
};

/// Below /api/2.0/mlflow/ and /ajax-api/2.0/mlflow/: the table of contents.
constexpr Entry kCalls[] = {
    {kPost, "experiments/create", CreateExperiment},
    {kGet, "experiments/get", GetExperiment},
    {kGet, "experiments/get-by-name", GetExperimentByName},
    {kGet, "experiments/search", SearchExperiments},
    {kPost, "experiments/search", SearchExperiments},
    {kPost, "experiments/update", UpdateExperiment},
    {kPost, "experiments/delete", DeleteExperiment},
    {kPost, "experiments/restore", RestoreExperiment},
    {kPost, "experiments/set-experiment-tag", SetExperimentTag},
    {kPost, "experiments/delete-experiment-tag", DeleteExperimentTag},
    {kPost, "experiments/search-datasets", SearchDatasets},

    {kPost, "runs/create", CreateRun},
    {kGet, "runs/get", GetRun},
    {kPost, "runs/update", UpdateRun},
    {kPost, "runs/delete", DeleteRun},
    {kPost, "runs/restore", RestoreRun},
    {kPost, "runs/search", SearchRuns},
    {kPost, "runs/log-metric", LogMetric},
    {kPost, "runs/log-parameter", LogParameter},
    {kPost, "runs/log-batch", LogBatch},
    {kPost, "runs/set-tag", SetTag},
    {kPost, "runs/delete-tag", DeleteTag},
    {kPost, "runs/log-inputs", LogInputs},
    {kPost, "runs/outputs", LogOutputs},
    {kPost, "runs/log-model", LogModel},
    {kGet, "metrics/get-history", GetHistory},
    {kGet, "metrics/get-history-bulk", GetHistoryBulk},
    {kGet, "metrics/get-history-bulk-interval", GetHistoryBulkInterval},
    {kGet, "artifacts/list", ListArtifacts},
    {kPost, "artifacts/presigned-upload-url", RefusePresigned},
    {kPost, "artifacts/presigned-download-url", RefusePresigned},

    {kPost, "logged-models", CreateLoggedModel},
    {kPost, "logged-models/search", SearchLoggedModels},
    {kGet, "logged-models/{model_id}", GetLoggedModel},
    {kPatch, "logged-models/{model_id}", FinalizeLoggedModel},
    {kDelete, "logged-models/{model_id}", DeleteLoggedModel},
    {kPatch, "logged-models/{model_id}/tags", SetLoggedModelTags},
    {kDelete, "logged-models/{model_id}/tags/{key*}", DeleteLoggedModelTag},
    {kPost, "logged-models/{model_id}/params", LogLoggedModelParams},
    {kGet, "logged-models/{model_id}/artifacts/directories", ListModelArtifacts},
    {kGet, "logged-models/{model_id}/artifacts/files", GetModelArtifact},

    {kPost, "traces/delete-traces", DeleteTraces},
    {kPost, "traces/link-to-run", LinkTracesToRun},
    {kPatch, "traces/{trace_id}/tags", SetTraceTag},
    {kDelete, "traces/{trace_id}/tags", DeleteTraceTag},

    {kPost, "registered-models/create", CreateRegisteredModel},
    {kGet, "registered-models/get", GetRegisteredModel},
    {kPatch, "registered-models/update", UpdateRegisteredModel},
    {kPost, "registered-models/rename", RenameRegisteredModel},
    {kDelete, "registered-models/delete", DeleteRegisteredModel},
    {kGet, "registered-models/search", SearchRegisteredModels},
    {kGet, "registered-models/get-latest-versions", GetLatestVersions},
    {kPost, "registered-models/get-latest-versions", GetLatestVersions},
    {kPost, "registered-models/set-tag", SetRegisteredModelTag},
    {kDelete, "registered-models/delete-tag", DeleteRegisteredModelTag},
    {kPost, "registered-models/alias", SetAlias},
    {kDelete, "registered-models/alias", DeleteAlias},
    {kGet, "registered-models/alias", GetVersionByAlias},

    {kPost, "model-versions/create", CreateModelVersion},
    {kGet, "model-versions/get", GetModelVersion},
    {kPatch, "model-versions/update", UpdateModelVersion},
    {kDelete, "model-versions/delete", DeleteModelVersion},
    {kPost, "model-versions/transition-stage", TransitionStage},
    {kGet, "model-versions/search", SearchModelVersions},
    {kGet, "model-versions/get-download-uri", GetDownloadUri},
    {kPost, "model-versions/set-tag", SetVersionTag},
    {kDelete, "model-versions/delete-tag", DeleteVersionTag},
};

/// Below /api/3.0/mlflow/ and its twin.
constexpr Entry kThirdCalls[] = {
    {kGet, "server-info", ServerInfo},

    {kPost, "traces", StartTrace},
    {kGet, "traces/{trace_id}", GetTraceInfo},
    {kGet, "traces/get", GetTrace},
    {kGet, "traces/batchGet", GetTraces},
    {kPost, "traces/batchGetInfos", GetTraceInfos},
    {kPost, "traces/search", SearchTraces},
    {kPost, "traces/delete-traces", DeleteTraces},
    {kPatch, "traces/{trace_id}/tags", SetTraceTag},
    {kDelete, "traces/{trace_id}/tags", DeleteTraceTag},
};

/// Below /api/2.0/mlflow-artifacts/ and its twin.
constexpr Entry kProxyCalls[] = {
    {kGet, "artifacts", ListProxied},
    {kPut, "artifacts/{path*}", PutProxied},
    {kGet, "artifacts/{path*}", GetProxied},
    {kDelete, "artifacts/{path*}", DeleteProxied},
    {kPost, "mpu/create/{path*}", BeginMultipart},
    {kPut, "mpu/part/{upload_id}/{part_number}", PutPart},
    {kPost, "mpu/complete/{path*}", CompleteMultipart},
    {kPost, "mpu/abort/{path*}", AbortMultipart},
    {kGet, "presigned/{path*}", RefusePresignedDownload},
};

/// At the root.
constexpr Entry kRootCalls[] = {
    {kPost, "/ajax-api/2.0/mlflow/upload-artifact", UploadRunArtifact},
    {kGet, "/get-artifact", GetRunArtifact},
    {kGet, "/model-versions/get-artifact", GetVersionArtifact},
    {kPost, "/v1/traces", ExportSpans},
    {kGet, "/health", Health},
    {kGet, "/version", Version},
};

// A dataset's profile alone may have 16 MiB.
constexpr uint64_t kMostBodyBytes = 32u << 20;

BodyPolicy BodyOf(const Entry& entry) {
  if (entry.method == kGet) return BodyPolicy::None();
  if (entry.method == kPut || entry.call == UploadRunArtifact) return BodyPolicy::Stream();
  return BodyPolicy::Buffered(kMostBodyBytes);
}

http::Work WorkOf(const Entry& entry) {
  if (entry.call == Health || entry.call == Version) return http::Work::kAtOnce;
  const bool asks = entry.call == SearchExperiments || entry.call == SearchDatasets ||
                    entry.call == SearchRuns || entry.call == SearchLoggedModels ||
                    entry.call == GetLatestVersions || entry.call == SearchTraces ||
                    entry.call == GetTraceInfos;
  return asks ? http::Work::kReads : http::Work::kByMethod;
}

void Add(http::Router& router, const Services& services, const std::string& prefix, const Entry& entry) {
  // A part needs no token but its upload's id: the client sends parts without its credentials, as to a foreign store.
  const bool is_public = entry.call == Health || entry.call == Version || entry.call == PutPart;
  router.Add(
      {.method = entry.method,
       .pattern = prefix + std::string(entry.path),
       .doc = {.id = "mlflow " + std::string(entry.path),
               .tag = "mlflow",
               .access = is_public ? http::Access::kPublic : http::Access::kAuthenticated,
               .work = WorkOf(entry)},
       .body = BodyOf(entry),
       .handler = [services, call = entry.call](http::Request& request) { return call(services, request); }});
}

}  // namespace

void AddMlflowRoutes(http::Router& router, const Services& services) {
  for (const char* api : {"/api/2.0/", "/ajax-api/2.0/"}) {
    for (const Entry& entry : kCalls) Add(router, services, std::string(api) + "mlflow/", entry);
    for (const Entry& entry : kProxyCalls)
      Add(router, services, std::string(api) + "mlflow-artifacts/", entry);
  }
  for (const char* api : {"/api/3.0/mlflow/", "/ajax-api/3.0/mlflow/"}) {
    for (const Entry& entry : kThirdCalls) Add(router, services, api, entry);
  }
  for (const Entry& entry : kRootCalls) Add(router, services, "", entry);
  // The last two are MLflow's and not ours: they answer 404, not a page.
  for (const char* prefix : {"/api/2.0", "/api/3.0", "/ajax-api", "/get-artifact", "/model-versions",
                             "/health", "/version", "/graphql", "/v1"}) {
    router.Claim(prefix, RenderError);
  }
}

}  // namespace orrery::compat::mlflow
