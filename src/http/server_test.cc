#include "http/server.h"

#include <thread>
#include <vector>

#include <boost/describe/class.hpp>
#include <gtest/gtest.h>

#include "http/internal/test_server.h"

namespace orrery::http {
namespace {

struct Point {
  int x = 0;
  std::optional<std::string> label;
};
BOOST_DESCRIBE_STRUCT(Point, (), (x, label))

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    host_.router.Get<Response>("/api/text/{name}", {.id = "text"}, [](const Request& request) {
      return Response::Text(request.path("name") + "?" + request.query().Get("q"));
    });
    host_.router.Post<Point, Point>("/api/points", {.id = "point", .success = 201},
                                    [](const Request&, Point point) {
                                      ++point.x;
                                      return point;
                                    });
    host_.router.Add({.method = Method::kPut,
                      .pattern = "/api/echo",
                      .doc = {.id = "echo"},
                      .body = BodyPolicy::Buffered(1u << 20),
                      .handler = [](Request& request) { return Response::Text(request.body()); }});
    host_.router.Get<Response>("/api/fails", {.id = "fails"},
                               [](const Request&) -> Response { throw std::runtime_error("secret /path"); });
    host_.Start();
  }

  TestServer host_;
};

TEST_F(ServerTest, KeepsAConnectionForManyRequests) {
  RawClient client = host_.Connect();
  for (int i = 0; i < 50; ++i) {
    const RawResponse response =
        client.Ask(RequestText("GET", "/api/text/a%20b?q=" + std::to_string(i) + "%26"));
    ASSERT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "a b?" + std::to_string(i) + "&");
    EXPECT_EQ(response.headers.Get("x-content-type-options"), "nosniff");
    EXPECT_EQ(response.headers.Get("Date"), "Tue, 01 Jan 2013 00:00:00 GMT");
    EXPECT_FALSE(response.headers.Find("Access-Control-Allow-Origin"));
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  RawClient client = host_.Connect();
  std::string all;
  for (int i = 0; i < 20; ++i) {
    all += RequestText("PUT", "/api/echo", {}, "body " + std::to_string(i));
    all += RequestText("GET", "/api/text/" + std::to_string(i));
  }
  client.Send(all);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.Read().body, "body " + std::to_string(i));
    EXPECT_EQ(client.Read().body, std::to_string(i) + "?");
  }
}

TEST_F(ServerTest, ReadsARequestThatComesByteByByte) {
  RawClient client = host_.Connect();
  for (const char c : RequestText("PUT", "/api/echo", {}, "slow")) client.Send({&c, 1});
  EXPECT_EQ(client.Read().body, "slow");
}

TEST_F(ServerTest, ReadsChunkedBodies) {
  RawClient client = host_.Connect();
  const std::string head = "PUT /api/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(client.Ask(head + "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nTrailer: x\r\n\r\n").body,
            "hello, world");
  EXPECT_EQ(client.Ask(head + "0\r\n\r\n").body, "");
  EXPECT_EQ(client.Ask(RequestText("GET", "/api/text/next")).body, "next?");
}

TEST_F(ServerTest, RepliesToExpectContinueBeforeTheBody) {
  RawClient client = host_.Connect();
  client.Send(
      "PUT /api/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.ReadThrough("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.Ask("ok").body, "ok");
}

TEST_F(ServerTest, TypedRoutesReadAndWriteJson) {
  RawClient client = host_.Connect();
  const std::string json = "Content-Type: application/json; charset=utf-8\r\n";
  RawResponse response = client.Ask(RequestText("POST", "/api/points", json, R"({"x":1,"label":"a"})"));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, R"({"x":2,"label":"a"})");
  response = client.Ask(RequestText("POST", "/api/points", json, R"({"y":1})"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            R"({"error":{"code":"invalid_argument","message":"y: no such field","field":"y"}})");
  EXPECT_EQ(client.Ask(RequestText("POST", "/api/points", json, std::string(20000, '['))).status, 400);
  EXPECT_EQ(client.Ask(RequestText("POST", "/api/points", json)).status, 400);
  response = client.Ask(RequestText("POST", "/api/points", "Content-Type: text/<b>\r\n", R"({"x":1})"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body.find("<b>"), std::string::npos);
}

TEST_F(ServerTest, HeadHasTheHeadersOfGetAndNoBody) {
  RawClient client = host_.Connect();
  const RawResponse response = client.Ask(RequestText("HEAD", "/api/text/abc"), true);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.Get("Content-Length"), "4");
  EXPECT_EQ(client.Ask(RequestText("GET", "/api/text/next")).body, "next?");
}

TEST_F(ServerTest, TellsUnknownPathsFromUnknownMethods) {
  RawClient client = host_.Connect();
  EXPECT_EQ(client.Ask(RequestText("GET", "/api/nothing")).status, 404);
  RawResponse response = client.Ask(RequestText("DELETE", "/api/text/a"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.Get("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(client.Ask(RequestText("BREW", "/api/text/a")).status, 405);
  response = client.Ask(RequestText("OPTIONS", "/api/echo"));
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.Get("Allow"), "PUT, OPTIONS");
}

TEST_F(ServerTest, KeepsAnInternalErrorsTextFromTheClient) {
  const RawResponse response = host_.Connect().Ask(RequestText("GET", "/api/fails"));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

TEST_F(ServerTest, ClosesWhenAsked) {
  RawClient client = host_.Connect();
  const RawResponse response = client.Ask(RequestText("GET", "/api/text/a", "Connection: close\r\n"));
  EXPECT_EQ(response.headers.Get("Connection"), "close");
  EXPECT_TRUE(client.Closed());
  RawClient old = host_.Connect();
  EXPECT_EQ(old.Ask("GET /api/text/a HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_TRUE(old.Closed());
}

TEST_F(ServerTest, ServesManyConnectionsAtOnce) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(host_.server->port()));
    clients.back()->Send(RequestText("GET", "/api/text/" + std::to_string(i)));
  }
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(clients[static_cast<size_t>(i)]->Read().body, std::to_string(i) + "?");
  EXPECT_EQ(host_.metrics.connections, 200);
}

TEST_F(ServerTest, ServesFromManyThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      RawClient client = host_.Connect();
      for (int i = 0; i < 50; ++i) {
        if (client.Ask(RequestText("PUT", "/api/echo", {}, std::string(9000, 'x'))).body.size() == 9000)
          ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 400);
}

TEST_F(ServerTest, CountsRequestsByPatternAndStatus) {
  RawClient client = host_.Connect();
  client.Ask(RequestText("GET", "/api/text/a"));
  client.Ask(RequestText("GET", "/api/text/b"));
  client.Ask(RequestText("GET", "/nothing/secret"));
  // A request is counted after its answer, but before the connection's next one is taken.
  client.Ask(RequestText("PUT", "/api/echo"));
  const std::string text = host_.metrics.Text();
  EXPECT_NE(text.find(R"(orrery_http_requests_total{method="GET",route="/api/text/{name}",status="200"} 2)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(route="none",status="404"} 1)"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace orrery::http
