#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/authenticator.h"
#include "base/clock.h"
#include "http/metrics.h"
#include "http/router.h"

namespace orrery::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< an IP address; port 0 picks a free one
  uint16_t port = 7070;
  /// Names, without port, that a Host header may carry beside loopback names and IP addresses.
  std::vector<std::string> host_names;
  int io_threads = 1;
  int workers = 32;         ///< run handlers that read, and carry long answers on
  int write_workers = 32;   ///< run handlers that write
  int stream_workers = 32;  ///< run handlers that read a streamed body
  size_t queue = 1024;      ///< requests that may wait for a worker of each kind; 503 beyond
  size_t max_connections = 2048;
  uint64_t buffered_bytes = 512u << 20;  ///< of all buffered bodies beyond their first 64 KiB; 503 beyond
  size_t header_bytes = 64u << 10;
  std::chrono::milliseconds idle_timeout{75'000};  ///< between requests
  std::chrono::milliseconds header_timeout{
      15'000};                                      ///< from a request's first byte to the end of its headers
  std::chrono::milliseconds body_timeout{30'000};   ///< plus the time the body needs at least_rate
  std::chrono::milliseconds write_timeout{60'000};  ///< without any progress
  uint64_t least_rate = 16u << 10;                  ///< bytes per second that a sender must keep up
  std::chrono::milliseconds poll_interval{100};     ///< of live responses
  std::chrono::milliseconds keep_alive_interval{15'000};
};

/// Serves a route table over HTTP/1.1.
///
///   created --Start()--> listening --Stop()--> draining --> stopped
///
/// Sockets live on a few io threads; handlers run on fixed pools of workers. Start and Stop are called from
/// one thread.
class Server {
 public:
  /// `router` must be complete; it, `clock`, `metrics` and `authenticator` must outlive the server. Without
  /// an authenticator every request is by the actor "local".
  Server(const Router& router, ServerOptions options, Clock& clock, Metrics& metrics,
         Authenticator* authenticator = nullptr);
  ~Server();

  /// Errors: failed_precondition (not loopback, and requests without a token would be let in),
  /// invalid_argument (not an IP address), unavailable (the port is taken: the message says so).
  void Start();
  /// The port listened on.
  uint16_t port() const;
  /// Stops accepting, ends live responses, lets running requests finish for at most `patience`, then cuts
  /// connections. Returns when no handler runs any more. A second call does nothing.
  void Stop(std::chrono::milliseconds patience = std::chrono::seconds(10));

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace orrery::http
