#include <limits>

#include "compat/mlflow/answers.h"
#include "compat/mlflow/artifact_location.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/wire.h"

/// /api/2.0/mlflow-artifacts: files by the path below the artifact root, as the client builds it.
namespace orrery::compat::mlflow {
namespace {

struct PathRequest {
  std::optional<std::string> path;
};
BOOST_DESCRIBE_STRUCT(PathRequest, (), (path))

ArtifactLocation RequireLocation(const Services& services, const std::string& path) {
  auto location = Locate(services, path);
  if (!location) {
    throw Error(Code::kNotFound, "no run and no logged model keeps artifacts here: " + Quoted(path), "path");
  }
  return *std::move(location);
}

tracking::ArtifactPath RequireName(const ArtifactLocation& location) {
  if (!location.path) throw InvalidField("path", "this is a folder: name a file in it");
  return *location.path;
}

std::string_view BaseName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

http::Response PutProxied(const Services& services, http::Request& request) {
  const auto location = RequireLocation(services, request.path("path"));
  Upload(services, request, location.owner, RequireName(location), std::numeric_limits<uint64_t>::max());
  return EmptyAnswer();
}

http::Response GetProxied(const Services& services, http::Request& request) {
  const auto location = RequireLocation(services, request.path("path"));
  return Download(services, request, location.owner, RequireName(location));
}

http::Response DeleteProxied(const Services& services, http::Request& request) {
  const auto location = RequireLocation(services, request.path("path"));
  services.artifacts.Delete(location.owner, location.path);
  return EmptyAnswer();
}

http::Response ListProxied(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<PathRequest>(request);
  if (!asked.path || asked.path->empty()) return EmptyAnswer();
  const auto location = Locate(services, *asked.path);
  if (!location) return EmptyAnswer();
  const auto entries = services.artifacts.List(location->owner, location->path);
  return AnswerPage("files", entries, {}, [](JsonWriter& out, const tracking::ArtifactEntry& entry) {
    WriteFile(out, BaseName(entry.path), entry);
  });
}

http::Response RefusePresignedDownload(const Services&, http::Request& request) {
  tracking::ArtifactPath::Parse(request.path("path"));
  throw Error(Code::kUnimplemented, "this server hands files out itself: GET artifacts/PATH, with ranges");
}

http::Response RefusePresigned(const Services&, http::Request& request) {
  if (const auto asked = ReadRequest<PathRequest>(request); asked.path)
    tracking::ArtifactPath::Parse(*asked.path);
  throw Error(Code::kInvalidArgument,
              "this server hands artifacts through itself and gives no URLs of a store: use artifacts/PATH");
}

}  // namespace orrery::compat::mlflow
