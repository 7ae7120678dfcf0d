#include "api/content.h"

#include <array>
#include <vector>

#include <boost/describe/class.hpp>

#include "http/ranged.h"

namespace orrery::api {
namespace {

constexpr size_t kBlock = 256u << 10;
constexpr size_t kMostDigests = 100'000;

struct MissingRequest {
  static constexpr std::string_view kRequired[] = {"digests"};
  static constexpr FieldDoc kDocs[] = {{"digests", "At most 100000."}};
  std::vector<Digest> digests;
};
BOOST_DESCRIBE_STRUCT(MissingRequest, (), (digests))

struct MissingAnswer {
  static constexpr FieldDoc kDocs[] = {{"missing", "Those that are not stored, in the order asked."}};
  std::vector<Digest> missing;
};
BOOST_DESCRIBE_STRUCT(MissingAnswer, (), (missing))

struct ObjectInfo {
  Digest digest;
  uint64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(ObjectInfo, (), (digest, size))

http::Response PutObject(content::Store& store, http::Request& request) {
  const Digest digest = Digest::Parse(request.path("digest"));
  content::Store::Upload upload = store.Begin();
  std::vector<std::byte> block(kBlock);
  while (const size_t got = request.stream().Read(block)) upload.Write(std::span(block).first(got));
  const content::StoredObject object = upload.Finish(digest);
  return http::Response::Of(ObjectInfo{object.digest, object.size}, 201);
}

http::Response GetObject(content::Store& store, const http::Request& request) {
  const Digest digest = Digest::Parse(request.path("digest"));
  const std::shared_ptr<blob::Object> object = store.Open(digest);  // shared: std::function copies its target
  return http::RangedResponse(
      request,
      {.size = object->size(),
       .read = [object](uint64_t offset, std::span<std::byte> out) { return object->ReadAt(offset, out); },
       .etag = std::string(digest.hex())});
}

}  // namespace

void AddContentRoutes(http::Router& router, content::Store& store) {
  const http::Doc missing = {.id = "missingContent",
                             .summary = "Ask which objects have to be uploaded.",
                             .tag = "content",
                             .work = http::Work::kReads};
  router.Post<MissingRequest, MissingAnswer>("/api/v1/content/missing", missing,
                                             [&](const http::Request&, const MissingRequest& asked) {
                                               if (asked.digests.size() > kMostDigests)
                                                 throw InvalidField("digests", "at most 100000 at once");
                                               return MissingAnswer{store.Missing(asked.digests)};
                                             });
  router.Add(
      {.method = http::Method::kPut,
       .pattern = "/api/v1/content/{digest}",
       .doc = {.id = "putContent",
               .summary = "Upload one object; its bytes must have the digest. Kept a day unless referred to.",
               .tag = "content",
               .success = 201},
       .body = http::BodyPolicy::Stream(),
       .handler = [&](http::Request& request) { return PutObject(store, request); },
       .response_schema = http::SchemaText<ObjectInfo>});
  router.Add({.method = http::Method::kGet,
              .pattern = "/api/v1/content/{digest}",
              .doc = {.id = "getContent",
                      .summary = "Download one object, or a range of it.",
                      .tag = "content",
                      .answers = "application/octet-stream"},
              .handler = [&](http::Request& request) { return GetObject(store, request); }});
}

}  // namespace orrery::api
