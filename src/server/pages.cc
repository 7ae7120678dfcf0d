#include "server/pages.h"

#include <map>
#include <string>

#include "server/web_files.h"

namespace orrery::server {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

http::Response Serve(const http::Request& request, const WebFile& file) {
  http::Response response;
  response.headers.Set("ETag", "\"" + std::string(file.tag) + "\"");
  response.headers.Set("Content-Security-Policy", std::string(kPolicy));
  // Names under /assets/ carry a hash of their content; everything else is asked for again.
  response.headers.Set("Cache-Control", file.path.starts_with("/assets/")
                                            ? "public, max-age=31536000, immutable"
                                            : "no-cache");
  if (request.headers().Get("If-None-Match").find(file.tag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.headers.Set("Content-Type", std::string(file.content_type));
  response.body = std::string(file.bytes);
  return response;
}

}  // namespace

void AddPages(http::Router& router) {
  std::map<std::string, WebFile, std::less<>> files;
  for (const WebFile& file : WebFiles()) files.emplace(file.path, file);
  router.Add({.method = http::Method::kGet,
              .pattern = "/{path*}",
              .doc = {.id = "getPage",
                      .summary = "The pages.",
                      .tag = "pages",
                      .answers = "text/html",
                      .access = http::Access::kPublic},
              .handler = [files = std::move(files)](http::Request& request) {
                const std::string& path = request.path();
                auto found = files.find(path);
                const bool page = path.find('.', path.rfind('/')) == std::string::npos;
                if (found == files.end() && page) found = files.find("/index.html");
                if (found == files.end()) throw Error(Code::kNotFound, "no such page: " + path);
                return Serve(request, found->second);
              }});
}

}  // namespace orrery::server
