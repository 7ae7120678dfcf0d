#include "compat/mlflow/artifact_location.h"

#include <vector>

#include "http/ranged.h"
#include "models/source.h"

namespace orrery::compat::mlflow {
namespace {

constexpr std::string_view kScheme = "mlflow-artifacts:/";

// An id that cannot be is one that does not exist.
template <typename Id, typename Find>
std::string RootOf(std::string_view text, Find&& find) {
  try {
    return find(Id::Parse(text));
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound && error.code() != Code::kInvalidArgument) throw;
    return {};
  }
}

std::string RootOf(const Services& services, const tracking::ArtifactOwner& owner) {
  if (owner.root == tracking::ArtifactRoot::kRun) {
    return RootOf<tracking::RunId>(
        owner.id, [&](const tracking::RunId& id) { return services.tracking.runs.GetInfo(id).artifact_uri; });
  }
  if (owner.root == tracking::ArtifactRoot::kTrace) {
    return RootOf<tracking::TraceId>(
        owner.id, [&](const tracking::TraceId& id) { return services.tracking.traces.ArtifactLocation(id); });
  }
  return RootOf<tracking::LoggedModelId>(owner.id, [&](const tracking::LoggedModelId& id) {
    return services.tracking.logged_models.Get(id).artifact_uri;
  });
}

/// What lies in the folder: an experiment's own has its runs.
tracking::ArtifactRoot OwnersIn(std::string_view folder) {
  const std::string_view name = folder.substr(folder.rfind('/') + 1);
  if (name == "models") return tracking::ArtifactRoot::kModel;
  return name == "traces" ? tracking::ArtifactRoot::kTrace : tracking::ArtifactRoot::kRun;
}

}  // namespace

std::optional<ArtifactLocation> Locate(const Services& services, std::string_view proxied_path) {
  const std::string path = tracking::ArtifactPath::Parse(proxied_path).text();
  constexpr std::string_view kFolder = "/artifacts";
  for (size_t at = path.find(kFolder); at != std::string::npos; at = path.find(kFolder, at + 1)) {
    const size_t end = at + kFolder.size();
    if (end < path.size() && path[end] != '/') continue;
    const size_t slash = path.rfind('/', at - 1);
    if (slash == std::string::npos) continue;
    const std::string_view before = std::string_view(path).substr(0, slash);
    ArtifactLocation location{
        .owner = {.root = OwnersIn(before), .id = path.substr(slash + 1, at - slash - 1)}};
    if (RootOf(services, location.owner) != std::string(kScheme) + path.substr(0, end)) continue;
    if (end < path.size()) location.path = tracking::ArtifactPath::Parse(path.substr(end + 1));
    return location;
  }
  return std::nullopt;
}

std::optional<ArtifactLocation> LocateUri(const Services& services, std::string_view uri) {
  const models::Source source = models::Source::Parse(uri);
  if (source.kind == models::Source::Kind::kRun) {
    return ArtifactLocation{.owner = {.root = tracking::ArtifactRoot::kRun, .id = source.id},
                            .path = tracking::ArtifactPath::Parse(source.path)};
  }
  if (source.kind == models::Source::Kind::kArtifacts) return Locate(services, source.path);
  return std::nullopt;
}

http::Response Download(const Services& services, const http::Request& request,
                        const tracking::ArtifactOwner& owner, const tracking::ArtifactPath& path) {
  auto [artifact, opened] = services.artifacts.Open(owner, path);
  const std::shared_ptr<blob::Object> object = std::move(opened);  // shared: std::function copies its target
  auto response = http::RangedResponse(
      request,
      {.size = artifact.size,
       .read = [object](uint64_t offset, std::span<std::byte> out) { return object->ReadAt(offset, out); },
       .etag = std::string(artifact.digest.hex())});
  response.headers.Set("Content-Disposition", http::AttachmentNamed(path.text()));
  response.headers.Set("Content-Security-Policy", "sandbox; default-src 'none'");
  return response;
}

void Upload(const Services& services, http::Request& request, const tracking::ArtifactOwner& owner,
            const tracking::ArtifactPath& path, uint64_t most_bytes) {
  content::Store::Upload upload = services.artifacts.Begin();
  TakeBody(request, upload, most_bytes);
  services.artifacts.Put(owner, path, upload.Finish());
}

void TakeBody(http::Request& request, content::Store::Upload& upload, uint64_t most_bytes) {
  constexpr size_t kBlock = 256u << 10;
  std::vector<std::byte> block(kBlock);
  uint64_t total = 0;
  while (const size_t got = request.stream().Read(block)) {
    if (total += got; total > most_bytes) {
      throw Error(Code::kInvalidArgument,
                  "the file is too large: at most " + std::to_string(most_bytes) + " bytes");
    }
    upload.Write(std::span(block).first(got));
  }
}

}  // namespace orrery::compat::mlflow
