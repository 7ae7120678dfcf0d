#include <atomic>

#include <gtest/gtest.h>

#include "http/internal/test_server.h"

namespace orrery::http {
namespace {

class ServerLimitsTest : public ::testing::Test {
 protected:
  ServerLimitsTest() {
    host_.router.Add({.method = Method::kPut,
                      .pattern = "/api/echo",
                      .doc = {.id = "echo"},
                      .body = BodyPolicy::Buffered(1000),
                      .handler = [](Request& request) { return Response::Text(request.body()); }});
    host_.router.Add({.method = Method::kPut,
                      .pattern = "/api/store",
                      .doc = {.id = "store"},
                      .body = BodyPolicy::Stream(100'000),
                      .handler = [this](Request& request) { return Store(request); }});
    host_.router.Get<Response>("/api/hello", {.id = "hello"},
                               [](const Request&) { return Response::Text("hello"); });
  }

  Response Store(Request& request) {
    std::array<std::byte, 5000> block;
    size_t size = 0;
    for (size_t got = 1; got > 0; size += got) got = request.stream().Read(block);
    ++stored_;
    return Response::Text(std::to_string(size));
  }

  TestServer host_;
  std::atomic<int> stored_ = 0;
};

class Malformed : public ServerLimitsTest,
                  public ::testing::WithParamInterface<std::pair<int, std::string>> {};

TEST_P(Malformed, IsRefusedAndClosed) {
  host_.Start();
  RawClient client = host_.Connect();
  const RawResponse response = client.Ask(GetParam().second);
  EXPECT_EQ(response.status, GetParam().first) << GetParam().second.substr(0, 200);
  EXPECT_EQ(response.headers.Get("Connection"), "close");
  EXPECT_NE(response.body.find(R"({"error":{"code":)"), std::string::npos);
  EXPECT_EQ(host_.Connect().Ask(RequestText("GET", "/api/hello")).body, "hello");
}

std::string Put(std::string_view fields, std::string_view body = {}) {
  return "PUT /api/echo HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, Malformed,
    ::testing::Values(
        std::pair(400, "nonsense\r\n\r\n"), std::pair(400, "GET /api/hello HTTP/1.1\r\n\r\n"),
        std::pair(400, "GET /api/hello HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"),
        std::pair(400, "GET /api/hello HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n"),
        std::pair(505, "GET /api/hello HTTP/2.0\r\nHost: localhost\r\n\r\n"),
        std::pair(400, Put("Content-Length: 2\r\nContent-Length: 3\r\n", "abc")),
        std::pair(400, Put("Content-Length: 2\r\nContent-Length: 2\r\n", "ab")),
        std::pair(400, Put("Content-Length: -1\r\n")), std::pair(400, Put("Content-Length: 1x\r\n", "a")),
        std::pair(400, Put("Content-Length: 99999999999999999999999\r\n")),
        std::pair(400, Put("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        std::pair(400, Put("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")),
        std::pair(400, Put("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
        std::pair(400, Put("Transfer-Encoding: identity\r\n")),
        std::pair(400, Put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        std::pair(400, Put("Transfer-Encoding: chunked\r\n", "zz\r\n")),
        std::pair(400, Put("Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n")),
        std::pair(400, Put("Transfer-Encoding: chunked\r\n", "1;" + std::string(200'000, 'x'))),
        std::pair(413, Put("Content-Length: 100000\r\n")),
        std::pair(413, Put("Transfer-Encoding: chunked\r\n", "3e9\r\n" + std::string(1001, 'x') + "\r\n")),
        std::pair(431, "GET /" + std::string(70'000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::pair(431, Put("A: " + std::string(70'000, 'x') + "\r\n")),
        std::pair(417, Put("Expect: tea\r\nContent-Length: 100000\r\n"))));

TEST_F(ServerLimitsTest, TooManyFieldsAreRefused) {
  host_.Start();
  std::string fields;
  for (int i = 0; i < 1000; ++i) fields += "A: b\r\n";
  EXPECT_EQ(host_.Connect().Ask(Put(fields)).status, 431);
}

TEST_F(ServerLimitsTest, ABodyWhereNoneIsTakenIsRefused) {
  host_.Start();
  RawClient client = host_.Connect();
  EXPECT_EQ(client.Ask(RequestText("GET", "/api/hello", {}, "body")).status, 400);
  EXPECT_EQ(client.Ask(RequestText("GET", "/api/hello")).body, "hello");
}

TEST_F(ServerLimitsTest, ATruncatedBodyStoresNothing) {
  host_.Start();
  for (const std::string_view request :
       {"PUT /api/store HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\nabc",
        "PUT /api/store HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "PUT /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nabc"}) {
    RawClient client = host_.Connect();
    client.Send(request);
    client.EndSending();
    EXPECT_EQ(client.Read().status, 400);
  }
  EXPECT_EQ(stored_, 0);
  EXPECT_EQ(host_.Connect().Ask(RequestText("PUT", "/api/store", {}, std::string(90'000, 'x'))).body,
            "90000");
}

TEST_F(ServerLimitsTest, AStreamedBodyOverTheLimitStoresNothing) {
  host_.Start();
  RawClient client = host_.Connect();
  client.Send("PUT /api/store HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 200; ++i) {
    if (!client.Send("400\r\n" + std::string(1024, 'x') + "\r\n")) break;
  }
  EXPECT_EQ(client.Read().status, 413);
  EXPECT_EQ(stored_, 0);
}

TEST_F(ServerLimitsTest, SlowHeadersAreCutOff) {
  host_.Start();
  RawClient client = host_.Connect();
  client.Send("GET /api/hello HTTP/1.1\r\nHo");
  const RawResponse response = host_.WhileTimePasses([&] { return client.Read(); });
  EXPECT_EQ(response.status, 408);
}

TEST_F(ServerLimitsTest, SlowBodiesAreCutOff) {
  host_.Start();
  for (const std::string_view path : {"/api/echo", "/api/store"}) {
    RawClient client = host_.Connect();
    client.Send("PUT " + std::string(path) +
                " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nabc");
    EXPECT_EQ(host_.WhileTimePasses([&] { return client.Read(); }).status, 408);
  }
  EXPECT_EQ(stored_, 0);
}

TEST_F(ServerLimitsTest, IdleConnectionsAreClosed) {
  host_.Start();
  RawClient client = host_.Connect();
  EXPECT_EQ(client.Ask(RequestText("GET", "/api/hello")).status, 200);
  EXPECT_TRUE(host_.WhileTimePasses([&] { return client.Closed(); }));
}

TEST_F(ServerLimitsTest, BufferedBodiesShareABoundedMemory) {
  host_.options.buffered_bytes = 100'000;
  host_.router.Add(
      {.method = Method::kPut,
       .pattern = "/api/large",
       .doc = {.id = "large"},
       .body = BodyPolicy::Buffered(),
       .handler = [](Request& request) { return Response::Text(std::to_string(request.body().size())); }});
  host_.Start();
  EXPECT_EQ(host_.Connect().Ask(RequestText("PUT", "/api/large", {}, std::string(200'000, 'x'))).status, 503);
  for (int i = 0; i < 3; ++i) {  // what was held is given back
    EXPECT_EQ(host_.Connect().Ask(RequestText("PUT", "/api/large", {}, std::string(90'000, 'x'))).body,
              "90000");
  }
}

TEST_F(ServerLimitsTest, ConnectionsOverTheLimitAreTold) {
  host_.options.max_connections = 2;
  host_.Start();
  RawClient first = host_.Connect();
  RawClient second = host_.Connect();
  EXPECT_EQ(first.Ask(RequestText("GET", "/api/hello")).status, 200);
  EXPECT_EQ(second.Ask(RequestText("GET", "/api/hello")).status, 200);
  RawClient third = host_.Connect();
  EXPECT_EQ(third.Read().status, 503);
  EXPECT_EQ(host_.metrics.refused_connections, 1);
}

TEST_F(ServerLimitsTest, AFullQueueAnswers503) {
  host_.options.workers = 1;
  host_.options.queue = 1;
  std::atomic<bool> go = false;
  std::atomic<int> entered = 0;
  host_.router.Get<Response>("/api/wait", {.id = "wait"}, [&](const Request&) {
    ++entered;
    entered.notify_all();
    go.wait(false);
    return Response::Text("done");
  });
  host_.Start();
  RawClient running = host_.Connect();
  running.Send(RequestText("GET", "/api/wait"));
  entered.wait(0);
  // Of two more, one waits and the other is refused, whichever the server reads first.
  RawClient a = host_.Connect();
  RawClient b = host_.Connect();
  a.Send(RequestText("GET", "/api/hello"));
  b.Send(RequestText("GET", "/api/hello"));
  RawClient c = host_.Connect();
  const RawResponse refused = c.Ask(RequestText("GET", "/api/hello"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.Get("Retry-After"), "1");
  go = true;
  go.notify_all();
  EXPECT_EQ(running.Read().body, "done");
  EXPECT_EQ(a.Read().status + b.Read().status, 200 + 503);
  EXPECT_EQ(c.Ask(RequestText("GET", "/api/hello")).status, 200);
}

TEST_F(ServerLimitsTest, ReadsDoNotWaitBehindWritesNorHealthBehindEither) {
  host_.options.workers = 1;
  host_.options.write_workers = 1;
  std::atomic<bool> go = false;
  std::atomic<int> entered = 0;
  const auto wait = [&](const Request&) {
    ++entered;
    entered.notify_all();
    go.wait(false);
    return Response::Text("done");
  };
  const auto hello = [](const Request&) { return Response::Text("hello"); };
  host_.router.Post<NoBody, Response>("/api/write", {.id = "write"}, wait);
  host_.router.Post<NoBody, Response>("/api/ask", {.id = "ask", .work = Work::kReads}, hello);
  host_.router.Get<Response>("/api/wait", {.id = "wait"}, wait);
  host_.router.Get<Response>("/api/health", {.id = "health", .work = Work::kAtOnce}, hello);
  host_.Start();
  RawClient writer = host_.Connect();
  RawClient other_writer = host_.Connect();
  writer.Send(RequestText("POST", "/api/write"));
  entered.wait(0);
  other_writer.Send(RequestText("POST", "/api/write"));
  EXPECT_EQ(host_.Connect().Ask(RequestText("GET", "/api/hello")).status, 200);
  EXPECT_EQ(host_.Connect().Ask(RequestText("POST", "/api/ask")).status, 200);
  RawClient reader = host_.Connect();
  reader.Send(RequestText("GET", "/api/wait"));
  entered.wait(1);
  EXPECT_EQ(host_.Connect().Ask(RequestText("GET", "/api/health")).status, 200);
  go = true;
  go.notify_all();
  EXPECT_EQ(reader.Read().body, "done");
  EXPECT_EQ(writer.Read().body, "done");
  EXPECT_EQ(other_writer.Read().body, "done");
}

}  // namespace
}  // namespace orrery::http
