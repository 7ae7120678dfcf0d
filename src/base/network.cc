#include "base/network.h"

#include <cerrno>
#include <cstring>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

namespace orrery {
namespace {

class PosixConnection final : public Connection {
 public:
  PosixConnection(int socket, std::string peer, std::chrono::milliseconds timeout)
      : socket_(socket), peer_(std::move(peer)), timeout_(timeout) {}
  ~PosixConnection() override { close(socket_); }

  size_t Read(std::span<std::byte> out) override {
    for (;;) {
      const ssize_t got = recv(socket_, out.data(), out.size(), 0);
      if (got >= 0) return static_cast<size_t>(got);
      WaitOrThrow(POLLIN, "cannot read from");
    }
  }
  void Write(std::span<const std::byte> data) override {
    while (!data.empty()) {
      const ssize_t put = send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
      if (put >= 0) {
        data = data.subspan(static_cast<size_t>(put));
      } else {
        WaitOrThrow(POLLOUT, "cannot write to");
      }
    }
  }
  /// Waits until a non-blocking connect has ended.
  void FinishConnect() {
    errno = EAGAIN;
    WaitOrThrow(POLLOUT, "cannot connect to");
    int error_number = 0;
    socklen_t size = sizeof error_number;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error_number, &size);
    if (error_number != 0) Fail("cannot connect to", std::strerror(error_number));
  }

 private:
  [[noreturn]] void Fail(const char* what, const char* why) {
    throw Error(Code::kUnavailable, std::string(what) + " " + peer_ + ": " + why);
  }
  void WaitOrThrow(short events, const char* what) {
    if (errno == EINTR) return;
    if (errno != EAGAIN && errno != EWOULDBLOCK) Fail(what, std::strerror(errno));
    pollfd wait{socket_, events, 0};
    const int ready = poll(&wait, 1, static_cast<int>(timeout_.count()));
    if (ready == 0) Fail(what, "timed out");
    if (ready < 0 && errno != EINTR) Fail(what, std::strerror(errno));
  }

  int socket_;
  std::string peer_;
  std::chrono::milliseconds timeout_;
};

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

Addresses LookUp(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int failed = getaddrinfo(host.c_str(), port.c_str(), &hints, &raw);
  if (failed != 0)
    throw Error(Code::kUnavailable, "cannot resolve " + host + ":" + port + ": " + gai_strerror(failed));
  return {raw, freeaddrinfo};
}

}  // namespace

std::unique_ptr<Connection> PosixNetwork::Connect(const std::string& host, uint16_t port,
                                                  std::chrono::milliseconds timeout) {
  const std::string peer = host + ":" + std::to_string(port);
  const Addresses addresses = LookUp(host, std::to_string(port));
  std::string last = "no address";
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    const int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) continue;
    auto connection = std::make_unique<PosixConnection>(descriptor, peer, timeout);
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    try {
      if (connect(descriptor, address->ai_addr, address->ai_addrlen) != 0) {
        if (errno != EINPROGRESS)
          throw Error(Code::kUnavailable, "cannot connect to " + peer + ": " + std::strerror(errno));
        connection->FinishConnect();
      }
      return connection;
    } catch (const Error& error) {
      last = error.what();  // another address of the same name may answer
    }
  }
  throw Error(Code::kUnavailable, last);
}

std::vector<std::string> PosixNetwork::Resolve(const std::string& host) {
  const Addresses found = LookUp(host, "0");
  std::vector<std::string> addresses;
  for (const addrinfo* address = found.get(); address != nullptr; address = address->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(address->ai_addr, address->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) ==
        0)
      addresses.emplace_back(text);
  }
  return addresses;
}

}  // namespace orrery
