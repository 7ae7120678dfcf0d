#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fake_clock.h"
#include "http/server.h"

namespace orrery::http {

/// What came back on a raw connection: one parsed response.
struct RawResponse {
  int status = 0;
  Headers headers;
  std::string body;  ///< chunk framing removed
};

/// A client for tests that says exactly the bytes it is told, on one connection. Waits at most 20 s for an
/// answer.
class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error(std::strerror(errno));
    }
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the server has closed.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(put));
    }
    return true;
  }
  void EndSending() { shutdown(socket_, SHUT_WR); }

  /// Reads until `text` has come; what came up to its end.
  std::string ReadThrough(std::string_view text) {
    for (;;) {
      const size_t at = input_.find(text);
      if (at != std::string::npos) return Take(at + text.size());
      if (!More()) throw std::runtime_error("closed before it came: " + std::string(text));
    }
  }
  std::string ReadBytes(size_t size) {
    while (input_.size() < size) {
      if (!More()) throw std::runtime_error("closed within a body");
    }
    return Take(size);
  }
  /// Whether the server closes now, having sent nothing more.
  bool Closed() { return input_.empty() && !More(); }

  RawResponse ReadHead() {
    std::string head = ReadThrough("\r\n\r\n");
    RawResponse response;
    response.status = std::stoi(head.substr(9, 3));
    for (size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
      const size_t end = head.find("\r\n", at);
      const size_t colon = head.find(": ", at);
      response.headers.Add(head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2));
      at = end + 2;
    }
    return response;
  }
  RawResponse Read(bool head_only = false) {
    RawResponse response = ReadHead();
    if (head_only) return response;
    if (const auto length = response.headers.Find("Content-Length")) {
      response.body = ReadBytes(std::stoul(std::string(*length)));
    } else if (response.headers.Find("Transfer-Encoding")) {
      for (;;) {
        const size_t size = std::stoul(ReadThrough("\r\n"), nullptr, 16);
        response.body += ReadBytes(size);
        ReadBytes(2);
        if (size == 0) break;
      }
    }
    return response;
  }
  RawResponse Ask(std::string_view request, bool head_only = false) {
    Send(request);
    return Read(head_only);
  }

 private:
  bool More() {
    char buffer[16384];
    const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("no answer in 20 s");
    if (got <= 0) return false;
    input_.append(buffer, static_cast<size_t>(got));
    return true;
  }
  std::string Take(size_t size) {
    std::string out = input_.substr(0, size);
    input_.erase(0, size);
    return out;
  }

  int socket_;
  std::string input_;
};

/// A server on a free port of this machine. Add routes, Start(), talk.
struct TestServer {
  Router router;
  ServerOptions options{.port = 0};
  FakeClock clock;
  Metrics metrics;
  Authenticator* authenticator = nullptr;
  std::optional<Server> server;

  ~TestServer() { server.reset(); }

  void Start() {
    server.emplace(router, options, clock, metrics, authenticator);
    server->Start();
  }
  RawClient Connect() { return RawClient(server->port()); }
  /// The result of `wait`, while the server's clock runs ahead.
  template <typename F>
  auto WhileTimePasses(F wait) {
    std::atomic<bool> done = false;
    std::thread time([&] {
      while (!done) {
        clock.Advance(std::chrono::seconds(1));
        std::this_thread::yield();
      }
    });
    auto result = wait();
    done = true;
    time.join();
    return result;
  }
};

/// "GET /x HTTP/1.1" with a Host, `fields` ("A: b\r\n") and a body with its length.
inline std::string RequestText(std::string_view method, std::string_view target, std::string_view fields = {},
                               std::string_view body = {}) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n").append(fields);
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text.append("\r\n").append(body);
}

}  // namespace orrery::http
