#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "http/internal/admission.h"
#include "http/internal/body_pipe.h"
#include "http/internal/input_buffer.h"
#include "http/internal/io.h"
#include "http/internal/response_head.h"
#include "http/server.h"

namespace orrery::http {

class Session;

/// What the sessions of a server share.
struct Shared {
  const Router& router;
  const Gate& gate;
  const ServerOptions& options;
  Clock& clock;
  Metrics& metrics;
  WorkerPool& workers;
  WorkerPool& write_workers;
  WorkerPool& stream_workers;
  std::atomic<uint64_t>& buffered;  ///< bytes set aside for bodies, against options.buffered_bytes
};

/// What the sessions of one io thread share; touched on that thread alone.
struct Desk {
  explicit Desk(asio::io_context& context) : executor(context.get_executor()) {}

  Executor executor;
  std::set<Session*> sessions;
  bool draining = false;
  std::string date;  ///< for the Date field
};

/// One connection, on one io thread: requests one after the other.
///
///   idle -> head -> body -> handler -> response -> idle
///
/// Every wait for the peer has a deadline, which the desk's sweep enforces. All methods are for the io
/// thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, Desk& desk, const Shared& shared);

  /// Serves until the peer closes, an error or a drain ends the connection. Never throws.
  Task<void> Run();
  /// Ends the current wait if its deadline is before `now`.
  void Sweep(Clock::Monotonics now);
  /// Ends the session as soon as no request runs.
  void Drain();
  /// Ends every wait for the peer at once.
  void Cut();

 private:
  struct Turn;

  // One request and its answer (session.cc).
  Task<void> Loop();
  Task<bool> ServeOne();
  Task<bool> ReadHead();
  Task<Response> Handle(Admission& admission);
  Task<Response> HandleBuffered(Admission& admission);
  Task<Response> HandleStream(Admission& admission);
  Task<bool> DiscardBody();
  Task<void> Linger();
  void Record(const Admission& admission, int status);

  // Bytes (transfer.cc). Reads return 0 at the end; writes return false when the peer is gone.
  Task<size_t> ReadSocket(std::span<char> out);
  Task<size_t> ReadBody(std::span<std::byte> out);
  Task<bool> FillBlock(Block& block);
  Task<void> SendContinue();
  Task<bool> Write(std::span<const std::string_view> parts);
  Task<bool> Send(Response& response, bool keep_alive);
  Task<bool> SendSource(Response& response, BodySource& source, bool keep_alive);
  Task<bool> PumpSource(BodySource& source, std::unique_ptr<Turn> now, std::string_view head,
                        Framing framing);
  Task<bool> SendLive(Response& response, LiveSource& live, bool keep_alive);
  Task<bool> PumpLive(LiveSource& live, bool chunked);
  Task<void> Wait(std::chrono::milliseconds most);

  void SetDeadline(std::chrono::milliseconds patience, uint64_t bytes = 0);
  bool BodyComplete();
  bool PeerClosed();
  [[noreturn]] void FailRead(const char* what) const;

  Socket socket_;
  Timer signal_;
  Desk& desk_;
  const Shared& shared_;
  std::string peer_;
  InputBuffer input_;
  std::optional<RequestParser> parser_;
  uint64_t body_left_ = 0;      // of a body with Content-Length
  uint64_t body_received_ = 0;  // of any body
  uint64_t body_limit_ = 0;
  Clock::Monotonics body_started_{};
  Clock::Monotonics started_{};
  Clock::Monotonics deadline_ = Clock::Monotonics::max();
  bool idle_ = true;        // between requests
  bool timed_out_ = false;  // the deadline ended the current wait
  bool cut_ = false;
  bool reading_body_ = false;
  bool handler_done_ = false;
  bool head_only_ = false;  // the request is HEAD
};

}  // namespace orrery::http
