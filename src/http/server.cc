#include "http/server.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include "base/log.h"
#include "http/internal/same_site.h"
#include "http/internal/session.h"

namespace orrery::http {
namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

constexpr std::chrono::milliseconds kSweep{100};
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// One thread, its event loop and the sessions on it.
struct IoThread {
  asio::io_context context{1};
  Desk desk{context};
  Timer sweep{context};
  std::optional<asio::executor_work_guard<Executor>> guard{context.get_executor()};
  std::thread thread;
};

}  // namespace

class Server::Core {
 public:
  Core(const Router& router, ServerOptions options, Clock& clock, Metrics& metrics,
       Authenticator* authenticator)
      : options_(std::move(options)),
        authenticator_(authenticator),
        gate_(router, options_.host_names, authenticator),
        metrics_(metrics),
        clock_(clock),
        workers_(std::in_place, static_cast<size_t>(options_.workers), options_.queue),
        write_workers_(std::in_place, static_cast<size_t>(options_.write_workers), options_.queue),
        stream_workers_(std::in_place, static_cast<size_t>(options_.stream_workers), options_.queue),
        shared_{router,    gate_,           options_,         clock,    metrics,
                *workers_, *write_workers_, *stream_workers_, buffered_} {}

  void Start();
  void Stop(std::chrono::milliseconds patience);
  uint16_t port() const { return port_; }

 private:
  void RefuseOpenDoor() const;
  void Listen();
  Task<void> Accept();
  Task<void> Sweep(IoThread& io);
  void Spawn(IoThread& io, Socket socket);
  void OnEach(void (Session::*act)());
  void SessionEnded();

  const ServerOptions options_;
  Authenticator* authenticator_;
  Gate gate_;
  Metrics& metrics_;
  Clock& clock_;
  std::optional<WorkerPool> workers_;
  std::optional<WorkerPool> write_workers_;
  std::optional<WorkerPool> stream_workers_;
  std::atomic<uint64_t> buffered_ = 0;
  Shared shared_;
  std::vector<std::unique_ptr<IoThread>> io_;
  std::optional<Acceptor> acceptor_;  // on the first io thread
  uint16_t port_ = 0;
  size_t next_io_ = 0;
  std::mutex mutex_;  // guards open_
  std::condition_variable all_closed_;
  size_t open_ = 0;
};

void Server::Core::RefuseOpenDoor() const {
  if (!IsAddress(options_.address)) {
    throw InvalidField("listen", "expected an IP address such as 127.0.0.1, got " + Quoted(options_.address));
  }
  if (IsLoopback(options_.address)) return;
  if (authenticator_ != nullptr && !authenticator_->Authenticate("")) return;
  throw Error(Code::kFailedPrecondition,
              "listening beyond this machine needs a token, and none is configured: give `tokens`, as in "
              "ORRERY_TOKENS='{ada: SECRET}', or listen on 127.0.0.1 instead of " +
                  options_.address);
}

void Server::Core::Listen() {
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(options_.address), options_.port);
  ErrorCode error;
  acceptor_.emplace(io_.front()->context);
  acceptor_->open(endpoint.protocol(), error);
  if (!error) acceptor_->set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor_->bind(endpoint, error);
  if (!error) acceptor_->listen(Acceptor::max_listen_connections, error);
  if (error) {
    throw Error(Code::kUnavailable,
                "cannot listen: " + error.message() +
                    "; stop what holds the port, or choose another (0 picks a free one): " +
                    options_.address + ":" + std::to_string(options_.port));
  }
  port_ = acceptor_->local_endpoint().port();
}

void Server::Core::Start() {
  RefuseOpenDoor();
  for (int i = 0; i < options_.io_threads; ++i) io_.push_back(std::make_unique<IoThread>());
  try {
    Listen();
  } catch (const Error&) {
    acceptor_.reset();
    io_.clear();
    throw;
  }
  asio::co_spawn(io_.front()->context, Accept(), asio::detached);
  for (const auto& io : io_) {
    io->desk.date = HttpDate(clock_.Now());
    asio::co_spawn(io->context, Sweep(*io), asio::detached);
    io->thread = std::thread([&context = io->context] { context.run(); });
  }
}

Task<void> Server::Core::Accept() {
  while (acceptor_->is_open()) {
    IoThread& io = *io_[next_io_++ % io_.size()];
    Socket socket(io.context);
    ErrorCode error;
    co_await acceptor_->async_accept(socket, asio::redirect_error(UseAwaitable(), error));
    if (!acceptor_->is_open()) co_return;
    if (error) {
      // Out of descriptors, most likely: some will be closed soon.
      Log(LogLevel::kWarning, "cannot accept a connection", {{"error", error.message()}});
      Timer pause(io_.front()->context, kSweep);
      co_await pause.async_wait(asio::redirect_error(UseAwaitable(), error));
      continue;
    }
    Spawn(io, std::move(socket));
  }
}

void Server::Core::Spawn(IoThread& io, Socket socket) {
  {
    const std::scoped_lock lock(mutex_);
    if (open_ >= options_.max_connections) {
      ++metrics_.refused_connections;
      ErrorCode ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kFull.data(), kFull.size()), ignored);
      return;
    }
    ++open_;
  }
  ++metrics_.connections;
  auto session = std::make_shared<Session>(std::move(socket), io.desk, shared_);
  asio::co_spawn(
      io.context, [session]() -> Task<void> { co_await session->Run(); },
      [this](const std::exception_ptr&) { SessionEnded(); });
}

void Server::Core::SessionEnded() {
  --metrics_.connections;
  // Under the lock to the end: the waiter may destroy this object as soon as it is released.
  const std::scoped_lock lock(mutex_);
  --open_;
  all_closed_.notify_all();
}

Task<void> Server::Core::Sweep(IoThread& io) {
  while (io.guard) {
    io.sweep.expires_after(kSweep);
    ErrorCode ignored;  // cancelled or expired
    co_await io.sweep.async_wait(asio::redirect_error(UseAwaitable(), ignored));
    io.desk.date = HttpDate(clock_.Now());
    const Clock::Monotonics now = clock_.Monotonic();
    for (Session* session : io.desk.sessions) session->Sweep(now);
  }
}

void Server::Core::OnEach(void (Session::*act)()) {
  for (const auto& io : io_) {
    asio::post(io->context, [&desk = io->desk, act] {
      desk.draining = true;
      for (Session* session : desk.sessions) (session->*act)();
    });
  }
}

void Server::Core::Stop(std::chrono::milliseconds patience) {
  if (io_.empty()) return;
  asio::post(io_.front()->context, [this] {
    ErrorCode ignored;
    acceptor_->close(ignored);
  });
  OnEach(&Session::Drain);
  {
    std::unique_lock lock(mutex_);
    const auto closed = [&] { return open_ == 0; };
    if (!all_closed_.wait_for(lock, patience, closed)) {
      lock.unlock();
      OnEach(&Session::Cut);
      lock.lock();
      all_closed_.wait(lock, closed);
    }
  }
  for (const auto& io : io_) {
    asio::post(io->context, [&io = *io] {
      io.guard.reset();
      io.sweep.cancel();
    });
    io->thread.join();
  }
  stream_workers_.reset();
  write_workers_.reset();
  workers_.reset();
  acceptor_.reset();
  io_.clear();
}

Server::Server(const Router& router, ServerOptions options, Clock& clock, Metrics& metrics,
               Authenticator* authenticator)
    : core_(std::make_unique<Core>(router, std::move(options), clock, metrics, authenticator)) {}

Server::~Server() {
  Stop();
}

void Server::Start() {
  core_->Start();
}
uint16_t Server::port() const {
  return core_->port();
}
void Server::Stop(std::chrono::milliseconds patience) {
  core_->Stop(patience);
}

}  // namespace orrery::http
