#include "net/http_client.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/fake_network.h"

namespace orrery::net {
namespace {

class HttpClientTest : public testing::Test {
 protected:
  FakeNetwork network_;
  HttpClient client_{network_, HttpUrl::Parse("http://h:7/p/"), "secret"};
};

TEST_F(HttpClientTest, SendsAndReadsAWholeAnswerHoweverItArrives) {
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{1000}}) {
    FakeNetwork network;
    HttpClient client(network, HttpUrl::Parse("http://h:7/p/"), "secret");
    network.Script("HTTP/1.1 201 Created\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\nhello", piece);
    const HttpResponse response =
        client.Send({.method = "POST", .target = "/a", .headers = {{"X", "y"}}, .body = "{}"});
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.Header("etag"), "\"x\"");
    EXPECT_EQ(network.sent().at(0),
              "POST /p/a HTTP/1.1\r\nHost: h:7\r\nAuthorization: Bearer secret\r\nX: y\r\nContent-Length: "
              "2\r\n\r\n{}");
  }
}

TEST_F(HttpClientTest, ReadsChunkedAnswersAndStopsWhenAsked) {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
  network_.Script(answer, 3);
  EXPECT_EQ(client_.Send({.target = "/"}).body, "abcdefg");
  FakeNetwork network;
  HttpClient client(network, HttpUrl::Parse("http://h:7"));
  network.Script(answer, 1);
  std::string seen;
  client.Download({.target = "/"}, [&](std::string_view bytes) {
    seen += bytes;
    return seen.size() < 3;
  });
  EXPECT_EQ(seen, "abc");
}

TEST_F(HttpClientTest, KeepsItsConnectionAndRepeatsOnlyWhatMayBeRepeated) {
  network_.Script(
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb", 39);
  EXPECT_EQ(client_.Send({.target = "/1"}).body, "a");
  EXPECT_EQ(client_.Send({.target = "/2"}).body, "b");
  EXPECT_EQ(network_.sent().size(), 1u);
  network_.Script("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nc");
  EXPECT_EQ(client_.Send({.target = "/3"}).body, "c")
      << "the kept connection is at its end: sent again on a new one";
  network_.Script("");
  EXPECT_THROW(client_.Send({.method = "POST", .target = "/4"}), Error);
  EXPECT_EQ(network_.sent().size(), 3u);
}

TEST_F(HttpClientTest, BrokenAnswersAreUnavailable) {
  for (const char* answer :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "nonsense\r\n\r\n", "HTTP/1.1 2"}) {
    network_.Script(answer);
    try {
      client_.Send({.target = "/"});
      ADD_FAILURE() << answer;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kUnavailable) << answer;
    }
  }
}

TEST_F(HttpClientTest, TakesAStatusWithoutWaitingForTheBody) {
  network_.Script("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1000000\r\n\r\nnever whole");
  EXPECT_EQ(client_.SendForStatus({.method = "POST", .target = "/a", .body = "x"}), 503);
  network_.Script("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client_.SendForStatus({.method = "GET", .target = "/a"}), 200);
}

TEST_F(HttpClientTest, UploadsBlockByBlock) {
  network_.Script("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const std::string body(600'000, 'x');
  client_.Upload({.method = "PUT", .target = "/a"}, body.size(), [&] {
    return [&, offset = size_t{0}](std::span<std::byte> out) mutable {
      const size_t size = std::min(out.size(), body.size() - offset);
      std::memcpy(out.data(), body.data() + offset, size);
      offset += size;
      return size;
    };
  });
  EXPECT_TRUE(network_.sent().at(0).ends_with("\r\n\r\n" + body));
}

TEST(HttpUrls, AreTakenApart) {
  const HttpUrl url = HttpUrl::Parse("http://[::1]:7070/");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 7070);
  EXPECT_EQ(HttpUrl::Parse("http://h").port, 80);
  EXPECT_FALSE(HttpUrl::Parse("http://h").tls);
  EXPECT_EQ(HttpUrl::Parse("https://h").port, 443);
  EXPECT_EQ(HttpUrl::Parse("https://h:8443").port, 8443);
  EXPECT_TRUE(HttpUrl::Parse("https://h").tls);
  for (const char* text : {"", "h:1", "ftp://h", "https://", "http://", "http://h:0", "http://h:x",
                           "http://u@h", "http://h\r\n:1"}) {
    EXPECT_THROW(HttpUrl::Parse(text), Error) << text;
  }
  EXPECT_EQ(EncodeComponent("a b/ü~"), "a%20b%2F%C3%BC~");
}

}  // namespace
}  // namespace orrery::net
