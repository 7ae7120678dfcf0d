#include "tracking/artifacts.h"

#include "compat/mlflow/answers.h"
#include "compat/mlflow/artifact_location.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/registry_requests.h"

/// Artifacts by run, logged model or version: listings, and what the UI downloads and uploads.
namespace orrery::compat::mlflow {
namespace {

using tracking::ArtifactOwner;
using tracking::ArtifactPath;
using tracking::ArtifactRoot;

struct RunFolderRequest {
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
  std::optional<std::string> path;
};
BOOST_DESCRIBE_STRUCT(RunFolderRequest, (), (run_id, run_uuid, path))

struct RunFileRequest {
  static constexpr std::string_view kRequired[] = {"path"};
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
  std::string path;
};
BOOST_DESCRIBE_STRUCT(RunFileRequest, (), (run_id, run_uuid, path))

struct VersionFileRequest {
  static constexpr std::string_view kRequired[] = {"name", "version", "path"};
  std::string name;
  std::string version;
  std::string path;
};
BOOST_DESCRIBE_STRUCT(VersionFileRequest, (), (name, version, path))

struct ModelFolderRequest {
  std::optional<std::string> artifact_directory_path;
};
BOOST_DESCRIBE_STRUCT(ModelFolderRequest, (), (artifact_directory_path))

struct ModelFileRequest {
  static constexpr std::string_view kRequired[] = {"artifact_file_path"};
  std::string artifact_file_path;
};
BOOST_DESCRIBE_STRUCT(ModelFileRequest, (), (artifact_file_path))

std::optional<ArtifactPath> FolderNamed(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::nullopt;
  return ArtifactPath::Parse(*text);
}

http::Response AnswerListing(std::string_view root_uri, const std::vector<tracking::ArtifactEntry>& entries) {
  return Answer("root_uri", [&](JsonWriter& out) {
    out.String(root_uri);
    if (entries.empty()) return;
    out.Key("files");
    out.BeginArray();
    for (const auto& entry : entries) WriteFile(out, entry.path, entry);
    out.EndArray();
  });
}

ArtifactOwner OwnerOf(const tracking::RunInfo& run) {
  return {ArtifactRoot::kRun, run.id.text()};
}

}  // namespace

http::Response ListArtifacts(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<RunFolderRequest>(request);
  const auto folder = FolderNamed(asked.path);
  const auto run = services.tracking.runs.GetInfo(RunOf(asked));
  return AnswerListing(run.artifact_uri, services.artifacts.List(OwnerOf(run), folder));
}

http::Response GetRunArtifact(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<RunFileRequest>(request);
  const auto path = ArtifactPath::Parse(asked.path);
  return Download(services, request, OwnerOf(services.tracking.runs.GetInfo(RunOf(asked))), path);
}

http::Response UploadRunArtifact(const Services& services, http::Request& request) {
  constexpr uint64_t kMostBytes = 10u << 20;
  const std::string run_id = request.query().Get("run_uuid");
  if (run_id.empty()) throw Error(Code::kInvalidArgument, "Request must specify run_uuid.", "run_uuid");
  const std::string name = request.query().Get("path");
  if (name.empty()) throw Error(Code::kInvalidArgument, "Request must specify path.", "path");
  const auto path = ArtifactPath::Parse(name);
  const http::Headers& headers = request.headers();
  const std::string length(headers.Get("Content-Length"));
  if ((length.empty() || length == "0") && headers.Get("Transfer-Encoding").empty()) {
    throw Error(Code::kInvalidArgument, "Request must specify data.");
  }
  const auto run = services.tracking.runs.GetInfo(tracking::RunId::Parse(run_id));
  Upload(services, request, OwnerOf(run), path, kMostBytes);
  return EmptyAnswer();
}

http::Response GetVersionArtifact(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<VersionFileRequest>(request);
  const auto path = ArtifactPath::Parse(asked.path);
  const auto version = services.models.GetVersion(asked.name, VersionNumber(asked.version));
  // The stored text is read again as strictly as when it was stored.
  const auto location = LocateUri(services, version.location);
  if (!location) throw Error(Code::kNotFound, "this version has no files");
  const std::string folder = location->path ? location->path->text() + "/" : "";
  return Download(services, request, location->owner, ArtifactPath::Parse(folder + path.text()));
}

http::Response ListModelArtifacts(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<ModelFolderRequest>(request);
  const auto folder = FolderNamed(asked.artifact_directory_path);
  const auto model =
      services.tracking.logged_models.Get(tracking::LoggedModelId::Parse(request.path("model_id")));
  return AnswerListing(model.artifact_uri,
                       services.artifacts.List({ArtifactRoot::kModel, model.id.text()}, folder));
}

http::Response GetModelArtifact(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<ModelFileRequest>(request);
  const auto path = ArtifactPath::Parse(asked.artifact_file_path);
  const auto model =
      services.tracking.logged_models.Get(tracking::LoggedModelId::Parse(request.path("model_id")));
  return Download(services, request, {ArtifactRoot::kModel, model.id.text()}, path);
}

}  // namespace orrery::compat::mlflow
