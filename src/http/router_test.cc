#include "http/router.h"

#include <boost/describe/class.hpp>
#include <gtest/gtest.h>

#include "http/openapi.h"

namespace orrery::http {
namespace {

enum class Color { kRed, kDarkBlue };
BOOST_DESCRIBE_ENUM(Color, kRed, kDarkBlue)

struct Leaf {
  static constexpr std::string_view kRequired[] = {"name"};
  static constexpr FieldDoc kDocs[] = {{"name", "What it is called."}, {"color", "Of the upper side."}};
  std::string name;
  std::optional<Color> color;
  std::vector<Instant> seen;
  std::map<std::string, double> sizes;
  std::vector<Leaf> children;
};
BOOST_DESCRIBE_STRUCT(Leaf, (), (name, color, seen, sizes, children))

Route Named(Method method, std::string pattern) {
  return {.method = method, .pattern = pattern, .doc = {.id = pattern}, .handler = [pattern](Request&) {
            return Response::Text(pattern);
          }};
}

std::string Answer(const Router& router, Method method, std::string_view target) {
  Request request(method, target);
  const Response response = router.Answer(request);
  return response.status == 200 ? std::get<std::string>(response.body) : std::to_string(response.status);
}

TEST(Router, PrefersLiteralsThenParametersThenTails) {
  Router router;
  for (const char* pattern : {"/{path*}", "/api/{x}", "/api/jobs", "/api/jobs/{id}", "/api/jobs/{id}/logs",
                              "/api/{x}/special", "/files/{path*}"}) {
    router.Add(Named(Method::kGet, pattern));
  }
  EXPECT_EQ(Answer(router, Method::kGet, "/api/jobs"), "/api/jobs");
  EXPECT_EQ(Answer(router, Method::kGet, "/api/other"), "/api/{x}");
  EXPECT_EQ(Answer(router, Method::kGet, "/api/jobs/7/logs"), "/api/jobs/{id}/logs");
  EXPECT_EQ(Answer(router, Method::kGet, "/api/jobs/special"), "/api/jobs/{id}");
  EXPECT_EQ(Answer(router, Method::kGet, "/api/other/special"), "/api/{x}/special");
  EXPECT_EQ(Answer(router, Method::kGet, "/api/jobs/7/unknown"), "/{path*}");
  EXPECT_EQ(Answer(router, Method::kGet, "/"), "/{path*}");
  EXPECT_EQ(Answer(router, Method::kGet, "/files/a/b"), "/files/{path*}");
  EXPECT_EQ(Answer(router, Method::kHead, "/api/jobs"), "/api/jobs");
  EXPECT_EQ(Answer(router, Method::kPost, "/api/jobs"), "405");
}

TEST(Router, ATailKeepsTheRestDecodedAndRaw) {
  Router router;
  router.Add({.method = Method::kGet,
              .pattern = "/files/{run}/{path*}",
              .doc = {.id = "f"},
              .handler = [](Request& r) {
                return Response::Text(r.path("run") + "|" + r.path("path") + "|" + r.raw_tail());
              }});
  EXPECT_EQ(Answer(router, Method::kGet, "/files/7/a%20b/c"), "7|a b/c|a%20b/c");
  EXPECT_EQ(Answer(router, Method::kGet, "/files/7"), "404");
  EXPECT_EQ(Answer(router, Method::kGet, "/files/7/"), "404");
}

TEST(Router, ErrorsOfHandlersHaveTheirStatus) {
  Router router;
  router.Get<Response>("/{code}", {.id = "fail"}, [](const Request& request) -> Response {
    for (const auto& [code, name] : EnumNames<Code>()) {
      if (CodeName(code) == request.path("code")) throw Error(code, "no");
    }
    throw StatusError(413, Code::kInvalidArgument, "long");
  });
  const std::pair<const char*, const char*> expected[] = {{"invalid_argument", "400"},
                                                          {"not_found", "404"},
                                                          {"already_exists", "409"},
                                                          {"failed_precondition", "409"},
                                                          {"permission_denied", "403"},
                                                          {"unauthenticated", "401"},
                                                          {"aborted", "409"},
                                                          {"unimplemented", "501"},
                                                          {"resource_exhausted", "429"},
                                                          {"storage_full", "507"},
                                                          {"data_loss", "500"},
                                                          {"unavailable", "503"},
                                                          {"internal", "500"},
                                                          {"other", "413"}};
  for (const auto& [code, status] : expected) {
    EXPECT_EQ(Answer(router, Method::kGet, "/" + std::string(code)), status) << code;
  }
}

TEST(OpenApi, DescribesRoutesAndTypes) {
  Router router;
  router.Post<Leaf, Leaf>("/api/v1/leaves/{id}",
                          {.id = "addLeaf",
                           .summary = "Add.",
                           .tag = "leaves",
                           .success = 201,
                           .query = {{.name = "q", .text = "Which.", .repeatable = true}}},
                          [](const Request&, Leaf leaf) { return leaf; });
  router.Get<Response>("/outside", {.id = "outside"}, [](const Request&) { return Response::Empty(); });
  const json::value document = ParseJson(OpenApiDocument(router, "Orrery", "1"));
  EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
  ASSERT_EQ(document.at("paths").as_object().size(), 1u);
  const json::value& post = document.at("paths").at("/api/v1/leaves/{id}").at("post");
  EXPECT_EQ(post.at("operationId").as_string(), "addLeaf");
  EXPECT_EQ(post.at("parameters").as_array().size(), 2u);
  EXPECT_TRUE(post.at("responses").as_object().contains("201"));
  const json::value& leaf = document.at("components").at("schemas").at("Leaf");
  EXPECT_EQ(json::serialize(leaf.at("required")), R"(["name"])");
  const json::value& fields = leaf.at("properties");
  EXPECT_EQ(fields.at("name").at("description").as_string(), "What it is called.");
  EXPECT_EQ(fields.at("color").at("$ref").as_string(), "#/components/schemas/Color");
  EXPECT_EQ(fields.at("color").at("description").as_string(), "Of the upper side.");
  EXPECT_EQ(fields.at("seen").at("items").at("format").as_string(), "date-time");
  EXPECT_EQ(fields.at("sizes").at("additionalProperties").at("type").as_string(), "number");
  EXPECT_EQ(fields.at("children").at("items").at("$ref").as_string(), "#/components/schemas/Leaf");
  EXPECT_EQ(json::serialize(document.at("components").at("schemas").at("Color").at("enum")),
            R"(["RED","DARK_BLUE"])");
}

}  // namespace
}  // namespace orrery::http
