#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/network.h"

namespace orrery::net {

class TlsNetwork;

struct HttpRequest {
  std::string method = "GET";
  std::string target;  ///< "/api/v1/jobs?limit=10", already encoded
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first value of a header, without regard to case; empty when absent.
  std::string_view Header(std::string_view name) const;
};

/// "http://host:port/prefix" or "https://host:port/prefix", taken apart.
struct HttpUrl {
  bool tls = false;
  std::string host;
  uint16_t port = 80;  ///< 443 for https
  std::string prefix;  ///< without a trailing slash; usually empty

  /// Errors: invalid_argument (another scheme, no host, user info, a bad port).
  static HttpUrl Parse(std::string_view url);
};

/// Sends requests to one server, one after the other, over a kept connection; for https over TLS, as net/tls_network.h
/// has it. Not safe from two threads at once.
///
/// GET, HEAD, PUT and DELETE are sent once more when a kept connection turns out to be closed; POST and PATCH, which may
/// have had their effect, use a connection of their own.
/// Errors of every call: unavailable (no connection, time out, a broken answer). A status is not an error.
class HttpClient {
 public:
  /// `network` must outlive the client. `timeout` bounds the connect and each wait for bytes, not the whole call.
  HttpClient(Network& network, HttpUrl url, std::string bearer_token = {},
             std::chrono::milliseconds timeout = std::chrono::seconds(60));
  ~HttpClient();

  /// The whole answer at once, of at most `most` bytes. Errors: resource_exhausted beyond.
  HttpResponse Send(const HttpRequest& request, uint64_t most = 256u << 20);

  /// Sends a request of which only the answer's status matters: its body is not waited for.
  int SendForStatus(const HttpRequest& request);

  /// Fills a block and returns how many bytes; called until `length` bytes are sent.
  using ReadBlock = std::function<size_t(std::span<std::byte> out)>;
  /// Sends a body of `length` bytes block by block; `request.body` is unused. `rewind` starts the reading over when the
  /// request has to be sent once more.
  HttpResponse Upload(const HttpRequest& request, uint64_t length, const std::function<ReadBlock()>& rewind);

  /// Hands the body of a 2xx answer to `on_data` as it arrives, until the end or until that returns false; the answer's
  /// `body` holds only that of other statuses.
  HttpResponse Download(const HttpRequest& request, const std::function<bool(std::string_view)>& on_data);

  /// Whether a connection was ever made: then a request without an answer may have had its effect.
  bool reached() const { return reached_; }

 private:
  class Exchange;

  HttpResponse Call(const HttpRequest& request, const std::function<void(Connection&)>& send_body,
                    uint64_t length, const std::function<HttpResponse(Exchange&)>& receive);
  std::string Head(const HttpRequest& request, uint64_t length) const;

  std::unique_ptr<TlsNetwork> tls_;  ///< for https
  Network& network_;
  HttpUrl url_;
  std::string bearer_token_;
  std::chrono::milliseconds timeout_;
  std::unique_ptr<Connection> kept_;
  bool reached_ = false;
};

/// Percent-encodes everything but unreserved characters (RFC 3986, 2.3).
std::string EncodeComponent(std::string_view text);

}  // namespace orrery::net
