#include <limits>

#include "compat/mlflow/answers.h"
#include "compat/mlflow/artifact_location.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/wire.h"
#include "tracking/artifact_uploads.h"

/// Large files in parts: the client sends them at the same time, to addresses on this server.
namespace orrery::compat::mlflow {
namespace {

constexpr std::string_view kPartPath = "/api/2.0/mlflow-artifacts/mpu/part/";

struct BeginRequest {
  static constexpr std::string_view kRequired[] = {"path"};
  std::string path;
  int64_t num_parts = 1;
};
BOOST_DESCRIBE_STRUCT(BeginRequest, (), (path, num_parts))

struct PartRequest {
  static constexpr std::string_view kRequired[] = {"part_number", "etag"};
  int64_t part_number = 0;
  std::string etag;
};
BOOST_DESCRIBE_STRUCT(PartRequest, (), (part_number, etag))

struct CompleteRequest {
  static constexpr std::string_view kRequired[] = {"path", "upload_id"};
  std::string path;
  std::string upload_id;
  std::vector<PartRequest> parts;
};
BOOST_DESCRIBE_STRUCT(CompleteRequest, (), (path, upload_id, parts))

struct AbortRequest {
  static constexpr std::string_view kRequired[] = {"path", "upload_id"};
  std::string path;
  std::string upload_id;
};
BOOST_DESCRIBE_STRUCT(AbortRequest, (), (path, upload_id))

/// The folder is the address's, the name the last of the body's path: the client sends where the file lies on its own
/// machine. The rest of that is not used, but checked, so that no reading of it leads elsewhere.
ArtifactLocation FileOf(const Services& services, const http::Request& request, std::string_view on_client) {
  if (on_client.starts_with('/')) on_client.remove_prefix(1);
  const std::string whole = tracking::ArtifactPath::Parse(on_client).text();
  const std::string name = whole.substr(whole.rfind('/') + 1);
  const std::string& folder = request.path("path");
  tracking::ArtifactPath::Parse(folder);
  auto location = Locate(services, folder + "/" + name);
  if (!location || !location->path) {
    throw Error(Code::kNotFound, "no run, logged model or trace keeps artifacts here: " + Quoted(folder),
                "path");
  }
  return *std::move(location);
}

/// Where the client reaches this server: by what its operator says, or as this request did.
std::string BaseUrl(const Services& services, const http::Request& request) {
  if (!services.public_url.empty()) return services.public_url;
  return "http://" + std::string(request.headers().Get("Host"));
}

std::string_view Unquoted(std::string_view etag) {
  const bool quoted = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
  return quoted ? etag.substr(1, etag.size() - 2) : etag;
}

}  // namespace

http::Response BeginMultipart(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<BeginRequest>(request);
  const auto location = FileOf(services, request, asked.path);
  const std::string upload = services.uploads.Begin(location.owner, *location.path, asked.num_parts);
  const std::string base = BaseUrl(services, request) + std::string(kPartPath) + upload + "/";
  return Answer("credentials", [&](JsonWriter& out) {
    out.BeginArray();
    for (int64_t number = 1; number <= asked.num_parts; ++number) {
      out.BeginObject();
      out.Key("url");
      out.String(base + std::to_string(number));
      out.Key("part_number");
      out.Int(number);
      out.Key("headers");
      out.BeginObject();
      out.EndObject();
      out.EndObject();
    }
    out.EndArray();
    out.Key("upload_id");
    out.String(upload);
  });
}

http::Response PutPart(const Services& services, http::Request& request) {
  const std::string& upload = request.path("upload_id");
  const int64_t number =
      internal::ReadInteger(json::value(request.path("part_number")), {nullptr, "part_number"});
  content::Store::Upload part = services.uploads.BeginPart(upload, number);
  TakeBody(request, part, std::numeric_limits<uint64_t>::max());
  http::Response response = EmptyAnswer();
  response.headers.Set("ETag", '"' + services.uploads.KeepPart(upload, number, part.Finish()) + '"');
  return response;
}

http::Response CompleteMultipart(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<CompleteRequest>(request);
  const auto location = FileOf(services, request, asked.path);
  std::vector<tracking::UploadedPart> parts;
  for (const PartRequest& part : asked.parts)
    parts.push_back({part.part_number, std::string(Unquoted(part.etag))});
  services.uploads.Complete(asked.upload_id, location.owner, *location.path, parts);
  return EmptyAnswer();
}

http::Response AbortMultipart(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<AbortRequest>(request);
  const auto location = FileOf(services, request, asked.path);
  services.uploads.Abort(asked.upload_id, location.owner, *location.path);
  return EmptyAnswer();
}

}  // namespace orrery::compat::mlflow
