#include <gtest/gtest.h>

#include "http/internal/same_site.h"
#include "http/internal/test_server.h"

namespace orrery::http {
namespace {

class OneToken final : public Authenticator {
 public:
  std::optional<Actor> Authenticate(std::string_view authorization) override {
    if (authorization != "Bearer right") return std::nullopt;
    return Actor{"ada"};
  }
};

class Everybody final : public Authenticator {
 public:
  std::optional<Actor> Authenticate(std::string_view) override { return Actor{"local"}; }
};

class ServerAccessTest : public ::testing::Test {
 protected:
  ServerAccessTest() {
    host_.router.Get<Response>("/api/me", {.id = "me"},
                               [](const Request& request) { return Response::Text(request.actor().name); });
    host_.router.Get<Response>("/health", {.id = "health", .access = Access::kPublic},
                               [](const Request&) { return Response::Text("ok"); });
    host_.router.Post<NoBody, Response>("/api/do", {.id = "do"},
                                        [](const Request&) { return Response::Text("done"); });
  }

  int Status(std::string_view method, std::string_view target, std::string_view host,
             std::string_view fields = {}) {
    RawClient client = host_.Connect();
    return client
        .Ask(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) +
                 "\r\n" + std::string(fields) + "\r\n",
             method == "HEAD")
        .status;
  }

  TestServer host_;
  OneToken token_;
};

TEST_F(ServerAccessTest, AnswersOnlyToItsOwnNames) {
  host_.options.host_names = {"orrery.example"};
  host_.Start();
  for (const char* host : {"localhost", "LOCALHOST:7070", "127.0.0.1:1", "[::1]:7070", "10.1.2.3",
                           "orrery.example:443", "a.localhost"}) {
    EXPECT_EQ(Status("GET", "/api/me", host), 200) << host;
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "orrery.example.evil", "localhost:evil",
                           "", "[::1", "127.0.0.1.evil.example", "user@localhost"}) {
    EXPECT_EQ(Status("GET", "/api/me", host), 403) << host;
  }
}

TEST_F(ServerAccessTest, PagesOfOthersChangeNothing) {
  host_.Start();
  EXPECT_EQ(Status("POST", "/api/do", "localhost:7070"), 200);
  EXPECT_EQ(Status("POST", "/api/do", "localhost:7070", "Origin: http://localhost:7070\r\n"), 200);
  for (const char* origin : {"http://evil.example", "null", "http://localhost:7071", "http://localhost",
                             "http://localhost:7070.evil.example"}) {
    EXPECT_EQ(Status("POST", "/api/do", "localhost:7070", "Origin: " + std::string(origin) + "\r\n"), 403)
        << origin;
    EXPECT_EQ(Status("GET", "/api/me", "localhost:7070", "Origin: " + std::string(origin) + "\r\n"), 200)
        << origin;
  }
}

TEST_F(ServerAccessTest, AsksForATokenOnEveryRouteThatIsNotPublic) {
  host_.authenticator = &token_;
  host_.Start();
  EXPECT_EQ(Status("GET", "/health", "localhost"), 200);
  for (const char* method : {"GET", "HEAD", "OPTIONS"})
    EXPECT_EQ(Status(method, "/api/me", "localhost"), 401) << method;
  EXPECT_EQ(Status("POST", "/api/do", "localhost"), 401);
  EXPECT_EQ(Status("GET", "/api/me", "localhost", "Authorization: Bearer wrong\r\n"), 401);
  RawClient client = host_.Connect();
  const RawResponse response = client.Ask(RequestText("GET", "/api/me", "Authorization: Bearer right\r\n"));
  EXPECT_EQ(response.body, "ada");
  EXPECT_TRUE(client.Ask(RequestText("GET", "/api/me")).headers.Find("WWW-Authenticate"));
}

TEST_F(ServerAccessTest, RefusesAmbiguousPathsForEveryRoute) {
  host_.Start();
  for (const char* path : {"//api/me", "/api/./me", "/api/%2e/me", "/api/x/../me", "/api\\me", "/api%2fme"}) {
    EXPECT_EQ(Status("GET", path, "localhost"), 400) << path;
  }
  for (const char* path : {"/API/me", "/api/me/", "/api/me;x", "/api/"}) {
    EXPECT_EQ(Status("GET", path, "localhost"), 404) << path;
  }
}

TEST_F(ServerAccessTest, AnOpenDoorBeyondThisMachineIsRefused) {
  Everybody everybody;
  host_.options.address = "0.0.0.0";
  EXPECT_THROW(host_.Start(), Error);
  host_.authenticator = &everybody;
  EXPECT_THROW(host_.Start(), Error);
  host_.authenticator = &token_;
  host_.Start();
  EXPECT_EQ(Status("GET", "/health", "127.0.0.1"), 200);
}

TEST_F(ServerAccessTest, ATakenPortIsNamed) {
  host_.Start();
  TestServer second;
  second.options.port = host_.server->port();
  try {
    second.Start();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kUnavailable);
    EXPECT_NE(std::string(error.what()).find(std::to_string(host_.server->port())), std::string::npos);
  }
}

TEST_F(ServerAccessTest, AClaimedPrefixHasItsOwnErrors) {
  host_.authenticator = &token_;
  host_.router.Claim("/api/2.0/mlflow", [](const Failure& failure) {
    return Response::Json(R"({"error_code":")" + std::to_string(failure.status) + R"("})", failure.status);
  });
  host_.router.Post<NoBody, Response>("/api/2.0/mlflow/runs/create", {.id = "create"},
                                      [](const Request&) -> Response { throw Error(Code::kNotFound, "x"); });
  host_.router.Get<Response>("/{path*}", {.id = "page", .access = Access::kPublic},
                             [](const Request&) { return Response::Text("page", "text/html"); });
  host_.Start();
  RawClient client = host_.Connect();
  const std::string token = "Authorization: Bearer right\r\n";
  const auto body = [&](std::string_view method, std::string_view path, std::string_view fields) {
    return client.Ask(RequestText(method, path, fields)).body;
  };
  EXPECT_EQ(body("POST", "/api/2.0/mlflow/runs/create", token), R"({"error_code":"404"})");
  EXPECT_EQ(body("POST", "/api/2.0/mlflow/runs/create", ""), R"({"error_code":"401"})");
  EXPECT_EQ(body("GET", "/api/2.0/mlflow/runs/create", token), R"({"error_code":"405"})");
  EXPECT_EQ(body("GET", "/api/2.0/mlflow/unknown", token), R"({"error_code":"404"})");
  EXPECT_EQ(body("GET", "/api/2.0/mlflow/%zz", token), R"({"error_code":"400"})");
  const RawResponse page = client.Ask(RequestText("GET", "/runs/7"));
  EXPECT_EQ(page.body, "page");
  EXPECT_TRUE(page.headers.Find("Content-Security-Policy"));
}

}  // namespace
}  // namespace orrery::http
