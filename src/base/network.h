#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace orrery {

/// One connected byte stream; closing is the destructor's. Not safe from two threads at once.
/// Errors of every call: unavailable (reset, timed out), with the peer's name.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Reads at least one byte, or returns 0 at the end of the stream.
  virtual size_t Read(std::span<std::byte> out) = 0;
  virtual void Write(std::span<const std::byte> data) = 0;
};

/// The seam to the network, as clients use it (the server's own sockets live in http/). Safe to call from any
/// thread.
class Network {
 public:
  virtual ~Network() = default;
  /// Connects by name or address. `timeout` bounds the connect and afterwards each single Read and Write.
  /// Errors: unavailable.
  virtual std::unique_ptr<Connection> Connect(const std::string& host, uint16_t port,
                                              std::chrono::milliseconds timeout) = 0;
  /// The numeric addresses of a name, or of an address in any of its spellings ("0x7f000001" is "127.0.0.1"), in the
  /// order in which Connect tries them. Errors: unavailable.
  virtual std::vector<std::string> Resolve(const std::string& host) = 0;
};

class PosixNetwork final : public Network {
 public:
  std::unique_ptr<Connection> Connect(const std::string& host, uint16_t port,
                                      std::chrono::milliseconds timeout) override;
  std::vector<std::string> Resolve(const std::string& host) override;
};

}  // namespace orrery
