#include <gtest/gtest.h>

#include "http/event_stream.h"
#include "http/internal/response_head.h"
#include "http/metrics.h"
#include "http/ranged.h"

namespace orrery::http {
namespace {

Response Ranged(std::string_view range, uint64_t size = 10) {
  Request request(Method::kGet, "/x");
  request.headers().Add("Range", std::string(range));
  return RangedResponse(request,
                        {.size = size, .read = [](uint64_t, std::span<std::byte>) { return size_t{0}; }});
}

TEST(RangedResponse, ReadsOneRangeAndIgnoresWhatItCannotRead) {
  const std::pair<const char*, const char*> right[] = {{"bytes=0-0", "bytes 0-0/10"},
                                                       {"bytes=9-", "bytes 9-9/10"},
                                                       {"bytes=3-99", "bytes 3-9/10"},
                                                       {"bytes=-3", "bytes 7-9/10"},
                                                       {"bytes=-99", "bytes 0-9/10"}};
  for (const auto& [range, expected] : right) {
    const Response response = Ranged(range);
    EXPECT_EQ(response.status, 206) << range;
    EXPECT_EQ(response.headers.Get("Content-Range"), expected);
  }
  for (const char* range : {"", "lines=1-2", "bytes=2-1", "bytes=a-b", "bytes=1-2,4-5", "bytes=-", "bytes=1",
                            "bytes=99999999999999999999-"}) {
    EXPECT_EQ(Ranged(range).status, 200) << range;
  }
  for (const char* range : {"bytes=10-", "bytes=-0"}) EXPECT_EQ(Ranged(range).status, 416) << range;
  EXPECT_EQ(Ranged("bytes=0-", 0).status, 416);
  EXPECT_EQ(Ranged("bytes=0-18446744073709551615").headers.Get("Content-Range"), "bytes 0-9/10");
}

TEST(ResponseHead, AValueCannotStartAField) {
  Response response = Response::Text("x");
  response.headers.Add("X-Name", "a\r\nSet-Cookie: b");
  const std::string head = ResponseHead(response, {.length = 1}, true, "now");
  EXPECT_NE(head.find("X-Name: a  Set-Cookie: b\r\n"), std::string::npos) << head;
}

TEST(ResponseHead, UploadedContentRunsNothing) {
  Response response = Response::Text("<script>", "text/html");
  response.headers.Add("Content-Disposition", AttachmentNamed("a/\"x\r\n\xe2\x82\xac%.html"));
  const std::string head = ResponseHead(response, {.length = 8}, true, "now");
  EXPECT_NE(head.find("Content-Security-Policy: sandbox\r\n"), std::string::npos);
  EXPECT_NE(head.find("filename=\"_x______.html\"; filename*=UTF-8''%22x%0D%0A%E2%82%AC%25.html\r\n"),
            std::string::npos)
      << head;
}

TEST(ResponseHead, StatusesWithoutABodyHaveNoLength) {
  EXPECT_EQ(ResponseHead(Response::Empty(304), {.length = 0}, true, "now").find("Content-Length"),
            std::string::npos);
}

TEST(EventText, KeepsLinesOfDataTogether) {
  EXPECT_EQ(EventText("7", "log", "a\nb\r\nc"), "id: 7\nevent: log\ndata: a\ndata: b\ndata: c\n\n");
  EXPECT_EQ(EventText("", "", ""), "data: \n\n");
}

TEST(Metrics, WritesCountersHistogramsAndReadings) {
  Metrics metrics;
  metrics.Observe("GET", "/a/{id}", 200, 0.002);
  metrics.Observe("GET", "/a/{id}", 404, 20);
  metrics.Add("orrery_jobs", "Jobs by state.", "state=\"RUNNING\"", [] { return 3.0; });
  metrics.Add("orrery_jobs", "Jobs by state.", "state=\"QUEUED\"", [] { return 4.0; });
  const std::string text = metrics.Text();
  for (const char* line :
       {"orrery_http_requests_total{method=\"GET\",route=\"/a/{id}\",status=\"404\"} 1\n",
        "orrery_http_request_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"0.001\"} 0\n",
        "orrery_http_request_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"0.0025\"} 1\n",
        "orrery_http_request_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"+Inf\"} 2\n",
        "orrery_http_request_seconds_count{method=\"GET\",route=\"/a/{id}\"} 2\n",
        "# TYPE orrery_jobs gauge\norrery_jobs{state=\"RUNNING\"} 3\norrery_jobs{state=\"QUEUED\"} 4\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace orrery::http
