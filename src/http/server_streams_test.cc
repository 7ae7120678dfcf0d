#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "http/event_stream.h"
#include "http/internal/test_server.h"
#include "http/ranged.h"

namespace orrery::http {
namespace {

constexpr size_t kBig = 64u << 20;

/// What a transfer may add to this process's resident memory. Sanitizers keep what was freed: they measure nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSpare = 16 * kBig;
#else
constexpr uint64_t kSpare = kBig / 4;
#endif

/// Byte i of the test's content.
char At(uint64_t i) {
  return static_cast<char>((i * 2654435761u) >> 13);
}

size_t FillFrom(uint64_t offset, uint64_t size, std::span<std::byte> out) {
  const size_t count = static_cast<size_t>(std::min<uint64_t>(out.size(), size - offset));
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<std::byte>(At(offset + i));
  return count;
}

uint64_t ResidentBytes() {
  std::ifstream in("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  in >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

/// A body of unknown length.
class Unknown final : public BodySource {
 public:
  explicit Unknown(uint64_t size, bool breaks) : size_(size), breaks_(breaks) {}
  std::optional<uint64_t> Length() const override { return std::nullopt; }
  size_t Read(std::span<std::byte> out) override {
    if (breaks_ && sent_ == size_) throw Error(Code::kDataLoss, "the source broke");
    const size_t got = FillFrom(sent_, size_, out);
    sent_ += got;
    return got;
  }

 private:
  uint64_t size_;
  bool breaks_;
  uint64_t sent_ = 0;
};

/// Numbers from `next` on, one a poll, up to `last` (0: for ever).
class Counting final : public LiveSource {
 public:
  Counting(int next, int last) : next_(next), last_(last) {}
  Progress Poll() override {
    if (last_ > 0 && next_ > last_) return {.bytes = {}, .ended = true};
    const std::string id = std::to_string(next_++);
    return {.bytes = EventText(id, "tick", "{\"n\":" + id + "}")};
  }

 private:
  int next_;
  int last_;
};

/// Nothing to say, but alive.
class Silent final : public LiveSource {
 public:
  Progress Poll() override { return {}; }
  std::string_view KeepAlive() const override { return kEventComment; }
};

class ServerStreamsTest : public ::testing::Test {
 protected:
  ServerStreamsTest() {
    host_.options.poll_interval = std::chrono::milliseconds(1);
    host_.router.Add({.method = Method::kPut,
                      .pattern = "/api/store",
                      .doc = {.id = "store"},
                      .body = BodyPolicy::Stream(),
                      .handler = [](Request& request) { return Check(request); }});
    host_.router.Add(
        {.method = Method::kPut,
         .pattern = "/api/reject",
         .doc = {.id = "reject"},
         .body = BodyPolicy::Stream(),
         .handler = [](Request&) -> Response { throw Error(Code::kNotFound, "no such place"); }});
    host_.router.Get<Response>("/api/big", {.id = "big"}, [](const Request& request) {
      return RangedResponse(
          request,
          {.size = kBig,
           .read = [](uint64_t offset, std::span<std::byte> out) { return FillFrom(offset, kBig, out); },
           .etag = "v1"});
    });
    host_.router.Get<Response>("/api/unknown/{size}", {.id = "unknown"}, [](const Request& request) {
      const bool breaks = request.query().Flag("breaks", false);
      return Response::Stream(std::make_unique<Unknown>(std::stoull(request.path("size")), breaks),
                              "text/plain");
    });
    host_.router.Get<Response>("/api/events", {.id = "events"}, [](const Request& request) {
      const std::string after(request.headers().Get("Last-Event-ID"));
      return Response::Live(
          std::make_unique<Counting>(after.empty() ? 1 : std::stoi(after) + 1,
                                     static_cast<int>(request.query().Integer("last", 0, 0, 1000))),
          kEventStream);
    });
    host_.router.Get<Response>("/api/silent", {.id = "silent"}, [](const Request&) {
      return Response::Live(std::make_unique<Silent>(), kEventStream);
    });
    host_.Start();
  }

  static Response Check(Request& request) {
    std::array<std::byte, 10'000> block;
    uint64_t size = 0;
    uint64_t wrong = 0;
    for (;;) {
      const size_t got = request.stream().Read(block);
      if (got == 0) break;
      for (size_t i = 0; i < got; ++i) wrong += static_cast<char>(block[i]) != At(size + i) ? 1 : 0;
      size += got;
    }
    return Response::Text(std::to_string(size) + " bytes, wrong: " + std::to_string(wrong));
  }

  TestServer host_;
};

TEST_F(ServerStreamsTest, UploadsInConstantMemory) {
  RawClient client = host_.Connect();
  const uint64_t before = ResidentBytes();
  client.Send("PUT /api/store HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(kBig) +
              "\r\n\r\n");
  std::string block(1u << 20, 0);
  uint64_t most = 0;
  for (size_t sent = 0; sent < kBig; sent += block.size()) {
    for (size_t i = 0; i < block.size(); ++i) block[i] = At(sent + i);
    ASSERT_TRUE(client.Send(block));
    most = std::max(most, ResidentBytes());
  }
  EXPECT_EQ(client.Read().body, std::to_string(kBig) + " bytes, wrong: 0");
  EXPECT_LT(most, before + kSpare);
  EXPECT_EQ(client.Ask(RequestText("PUT", "/api/store", {}, std::string(1, At(0)))).body,
            "1 bytes, wrong: 0");
}

TEST_F(ServerStreamsTest, UploadsInChunks) {
  RawClient client = host_.Connect();
  client.Send("PUT /api/store HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  size_t sent = 0;
  for (size_t i = 0; i < 300; ++i) {
    std::string chunk(1 + i * 37, 0);
    for (char& c : chunk) c = At(sent++);
    char size[16];
    snprintf(size, sizeof size, "%zx\r\n", chunk.size());
    client.Send(size + chunk + "\r\n");
  }
  EXPECT_EQ(client.Ask("0\r\n\r\n").body, std::to_string(sent) + " bytes, wrong: 0");
  EXPECT_EQ(
      client.Ask("PUT /api/store HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
          .body,
      "0 bytes, wrong: 0");
}

TEST_F(ServerStreamsTest, ARejectedUploadStillGetsItsAnswer) {
  RawClient client = host_.Connect();
  client.Send("PUT /api/reject HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000\r\n\r\n");
  client.Send(std::string(8'000'000, 'x'));  // as clients do that read no answer before they have sent all
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.Get("Connection"), "close");
}

TEST_F(ServerStreamsTest, DownloadsInConstantMemory) {
  RawClient client = host_.Connect();
  const uint64_t before = ResidentBytes();
  client.Send(RequestText("GET", "/api/big"));
  const RawResponse head = client.ReadHead();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.Get("Content-Length"), std::to_string(kBig));
  uint64_t wrong = 0;
  uint64_t most = 0;
  constexpr size_t kPiece = 1u << 18;
  for (size_t at = 0; at < kBig; at += kPiece) {
    const std::string bytes = client.ReadBytes(kPiece);
    for (size_t i = 0; i < kPiece; i += 97) wrong += bytes[i] != At(at + i) ? 1 : 0;
    most = std::max(most, ResidentBytes());
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LT(most, before + kSpare);
}

TEST_F(ServerStreamsTest, AnswersRangesConditionsAndHead) {
  RawClient client = host_.Connect();
  RawResponse part = client.Ask(RequestText("GET", "/api/big", "Range: bytes=1000-1009\r\n"));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.headers.Get("Content-Range"), "bytes 1000-1009/" + std::to_string(kBig));
  ASSERT_EQ(part.body.size(), 10u);
  EXPECT_EQ(part.body[3], At(1003));
  part = client.Ask(RequestText("GET", "/api/big", "Range: bytes=-5\r\nIf-Range: \"v1\"\r\n"));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body.back(), At(kBig - 1));
  part = client.Ask(RequestText("GET", "/api/big", "Range: bytes=99999999999-\r\n"));
  EXPECT_EQ(part.status, 416);
  EXPECT_EQ(part.headers.Get("Content-Range"), "bytes */" + std::to_string(kBig));
  EXPECT_EQ(client.Ask(RequestText("GET", "/api/big", "If-None-Match: W/\"x\", \"v1\"\r\n")).status, 304);
  part = client.Ask(RequestText("HEAD", "/api/big"), true);
  EXPECT_EQ(part.status, 200);
  EXPECT_EQ(part.headers.Get("Content-Length"), std::to_string(kBig));
  EXPECT_EQ(part.headers.Get("ETag"), "\"v1\"");
  EXPECT_EQ(client.Ask(RequestText("GET", "/api/unknown/3")).body.size(), 3u);
}

TEST_F(ServerStreamsTest, SendsBodiesOfUnknownLengthInChunks) {
  RawClient client = host_.Connect();
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{256} << 10, (size_t{256} << 10) + 1, size_t{3} << 20}) {
    const RawResponse response = client.Ask(RequestText("GET", "/api/unknown/" + std::to_string(size)));
    EXPECT_EQ(response.headers.Get("Transfer-Encoding"), "chunked");
    ASSERT_EQ(response.body.size(), size);
    for (size_t i = 0; i < size; i += 101) ASSERT_EQ(response.body[i], At(i));
  }
}

TEST_F(ServerStreamsTest, ABodyThatBreaksOffIsSeenAsBroken) {
  RawClient client = host_.Connect();
  client.Send(RequestText("GET", "/api/unknown/1000000?breaks=true"));
  EXPECT_EQ(client.ReadHead().status, 200);
  EXPECT_THROW(client.ReadThrough("\r\n0\r\n\r\n"), std::runtime_error);
  // A fault before the first byte is an ordinary error.
  EXPECT_EQ(host_.Connect().Ask(RequestText("GET", "/api/unknown/0?breaks=true")).status, 500);
}

TEST_F(ServerStreamsTest, EventsFlowResumeAndEnd) {
  RawClient client = host_.Connect();
  const RawResponse response = client.Ask(RequestText("GET", "/api/events?last=3"));
  EXPECT_EQ(response.headers.Get("Content-Type"), "text/event-stream");
  EXPECT_EQ(response.body,
            "id: 1\nevent: tick\ndata: {\"n\":1}\n\nid: 2\nevent: tick\ndata: {\"n\":2}\n\n"
            "id: 3\nevent: tick\ndata: {\"n\":3}\n\n");
  EXPECT_EQ(client.Ask(RequestText("GET", "/api/events?last=3", "Last-Event-ID: 2\r\n")).body,
            "id: 3\nevent: tick\ndata: {\"n\":3}\n\n");
}

TEST_F(ServerStreamsTest, ASilentStreamSendsComments) {
  RawClient client = host_.Connect();
  client.Send(RequestText("GET", "/api/silent"));
  EXPECT_EQ(client.ReadHead().status, 200);
  EXPECT_EQ(host_.WhileTimePasses([&] { return client.ReadThrough("\n\n"); }), "e\r\n: keep-alive\n\n");
}

TEST_F(ServerStreamsTest, WaitingStreamsHoldNoWorker) {
  TestServer host;
  host.options.workers = 1;
  host.router.Get<Response>("/api/silent", {.id = "silent"}, [](const Request&) {
    return Response::Live(std::make_unique<Silent>(), kEventStream);
  });
  host.router.Get<Response>("/api/hello", {.id = "hello"},
                            [](const Request&) { return Response::Text("hello"); });
  host.Start();
  std::vector<std::unique_ptr<RawClient>> streams;
  for (int i = 0; i < 50; ++i) {
    streams.push_back(std::make_unique<RawClient>(host.server->port()));
    streams.back()->Send(RequestText("GET", "/api/silent"));
    EXPECT_EQ(streams.back()->ReadHead().status, 200);
  }
  EXPECT_EQ(host.Connect().Ask(RequestText("GET", "/api/hello")).body, "hello");
}

TEST_F(ServerStreamsTest, AVanishedListenerIsNoticed) {
  {
    RawClient client = host_.Connect();
    client.Send(RequestText("GET", "/api/silent"));
    client.ReadHead();
    EXPECT_EQ(host_.metrics.connections, 1);
  }
  while (host_.metrics.connections > 0) std::this_thread::yield();
}

TEST_F(ServerStreamsTest, ADrainEndsStreamsAndFinishesRequests) {
  TestServer host;
  std::atomic<bool> entered = false;
  std::atomic<bool> go = false;
  host.router.Get<Response>("/api/wait", {.id = "wait"}, [&](const Request&) {
    entered = true;
    entered.notify_all();
    go.wait(false);
    return Response::Text("done");
  });
  host.router.Get<Response>("/api/silent", {.id = "silent"}, [](const Request&) {
    return Response::Live(std::make_unique<Silent>(), kEventStream);
  });
  host.Start();
  RawClient idle = host.Connect();
  RawClient stream = host.Connect();
  stream.Send(RequestText("GET", "/api/silent"));
  stream.ReadHead();
  RawClient running = host.Connect();
  running.Send(RequestText("GET", "/api/wait"));
  entered.wait(false);
  std::thread stopping([&] { host.server->Stop(std::chrono::hours(1)); });
  EXPECT_EQ(stream.ReadThrough("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_TRUE(stream.Closed());
  EXPECT_TRUE(idle.Closed());
  go = true;
  go.notify_all();
  const RawResponse response = running.Read();
  EXPECT_EQ(response.body, "done");
  EXPECT_EQ(response.headers.Get("Connection"), "close");
  stopping.join();
  EXPECT_THROW(host.Connect(), std::exception);
}

TEST_F(ServerStreamsTest, AStopWithoutPatienceCutsUploadsAndDownloads) {
  RawClient upload = host_.Connect();
  upload.Send("PUT /api/store HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\nabc");
  RawClient download = host_.Connect();
  download.Send(RequestText("GET", "/api/big"));
  download.ReadHead();
  while (host_.metrics.in_flight < 2) std::this_thread::yield();
  host_.server->Stop(std::chrono::milliseconds(0));
  EXPECT_EQ(host_.metrics.connections, 0);
}

}  // namespace
}  // namespace orrery::http
