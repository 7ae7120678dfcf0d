#include "http/internal/session.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/log.h"
#include "http/internal/response_head.h"

namespace orrery::http {
namespace {

/// How much of an unread body is taken in to keep the connection; more closes it.
constexpr uint64_t kMostDiscarded = 64u << 10;
/// For how long, and how much, a closing connection takes in what the peer still sends: closing at once would
/// reset it, and the peer would lose the answer.
constexpr std::chrono::milliseconds kLinger{2'000};
constexpr uint64_t kMostLingered = 64u << 20;

WorkerPool& PoolFor(const Route& route, const Shared& shared) {
  // HEAD is answered by the route of GET.
  const bool reads = route.method == Method::kGet || route.doc.work == Work::kReads;
  return reads ? shared.workers : shared.write_workers;
}

class InFlight {
 public:
  explicit InFlight(Metrics& metrics) : metrics_(metrics) { ++metrics_.in_flight; }
  ~InFlight() { --metrics_.in_flight; }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  Metrics& metrics_;
};

/// A share of the memory that buffered bodies may hold together.
class Reservation {
 public:
  explicit Reservation(std::atomic<uint64_t>& total) : total_(total) {}
  ~Reservation() { total_ -= own_; }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  /// False when that makes the total larger than `most`: the caller gives up.
  bool Grow(uint64_t to, uint64_t most) {
    const uint64_t more = to - own_;
    own_ = to;
    return (total_ += more) <= most;
  }

 private:
  std::atomic<uint64_t>& total_;
  uint64_t own_ = 0;
};

}  // namespace

Session::Session(Socket socket, Desk& desk, const Shared& shared)
    : socket_(std::move(socket)),
      signal_(desk.executor),
      desk_(desk),
      shared_(shared),
      input_(shared.options.header_bytes + InputBuffer::kStep) {
  ErrorCode error;
  const auto endpoint = socket_.remote_endpoint(error);
  if (!error) peer_ = endpoint.address().to_string();
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
}

Task<void> Session::Run() {
  desk_.sessions.insert(this);
  try {
    co_await Loop();
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "a connection ended by an unexpected error", {{"error", error.what()}});
  }
  desk_.sessions.erase(this);
  ErrorCode ignored;  // the peer may have gone already
  socket_.shutdown(Socket::shutdown_both, ignored);
  socket_.close(ignored);
}

Task<void> Session::Loop() {
  bool more = true;
  while (more && !desk_.draining) more = co_await ServeOne();
}

void Session::Sweep(Clock::Monotonics now) {
  if (now < deadline_) return;
  deadline_ = Clock::Monotonics::max();
  timed_out_ = true;
  ErrorCode ignored;
  socket_.cancel(ignored);
}

void Session::Drain() {
  ErrorCode ignored;
  if (idle_) socket_.cancel(ignored);
  signal_.cancel();
}

void Session::Cut() {
  cut_ = true;
  ErrorCode ignored;
  socket_.close(ignored);
  signal_.cancel();
}

Task<bool> Session::ReadHead() {
  parser_.emplace(shared_.options.header_bytes);
  idle_ = true;
  SetDeadline(shared_.options.idle_timeout);
  for (;;) {
    while (idle_ && input_.pending().starts_with("\r\n")) input_.Take(2);  // RFC 9112, 2.2
    if (!input_.pending().empty()) {
      if (idle_) SetDeadline(shared_.options.header_timeout);
      idle_ = false;
      input_.Take(parser_->Feed(input_.pending()));
      if (parser_->head_done()) co_return true;
    }
    const size_t got = co_await ReadSocket(input_.Room());
    if (got > 0) {
      input_.Filled(got);
      continue;
    }
    if (timed_out_ && !idle_) {
      throw StatusError(408, Code::kAborted, "the request's headers took too long to arrive");
    }
    co_return false;
  }
}

Task<bool> Session::ServeOne() {
  std::optional<Failure> failure;
  bool arrived = false;
  try {
    arrived = co_await ReadHead();
  } catch (const StatusError& error) {
    failure = DescribeFailure(error, false);
  }
  idle_ = false;
  deadline_ = Clock::Monotonics::max();
  RequestHead& head = parser_->head();
  if (failure) {
    Response response = shared_.gate.Refuse(head.target, *failure);
    if (co_await Send(response, false)) co_await Linger();
    co_return false;
  }
  if (!arrived) co_return false;

  started_ = shared_.clock.Monotonic();
  const InFlight counted(shared_.metrics);
  head_only_ = head.method == "HEAD";
  body_left_ = head.content_length.value_or(0);
  body_received_ = 0;
  Admission admission = shared_.gate.Admit(head, peer_);
  Response response = co_await Handle(admission);
  const bool discardable =
      BodyComplete() || (!head.chunked && !head.expects_continue && body_left_ <= kMostDiscarded);
  const bool keep_alive = head.keep_alive && head.http_1_1 && !desk_.draining && discardable && !timed_out_;
  const int status = response.status;
  const bool sent = co_await Send(response, keep_alive);
  Record(admission, status);
  if (!sent) co_return false;
  if (keep_alive) co_return co_await DiscardBody();
  if (!BodyComplete()) co_await Linger();
  co_return false;
}

Task<Response> Session::Handle(Admission& admission) {
  if (admission.answer) co_return std::move(*admission.answer);
  std::optional<Failure> failure;
  try {
    const BodyPolicy& policy = admission.route->body;
    body_limit_ = policy.limit;
    body_started_ = shared_.clock.Monotonic();
    if (!BodyComplete()) co_await SendContinue();
    if (policy.kind == BodyPolicy::Kind::kStream) co_return co_await HandleStream(admission);
    co_return co_await HandleBuffered(admission);
  } catch (const std::exception& error) {
    failure = DescribeFailure(error, true);
  }
  co_return shared_.gate.Refuse(parser_->head().target, *failure);
}

Task<Response> Session::HandleBuffered(Admission& admission) {
  constexpr uint64_t kFirst = 64u << 10;  // no more is set aside on a client's mere word
  Reservation reserved(shared_.buffered);
  std::string body;
  size_t size = 0;
  while (!BodyComplete()) {
    if (size == body.size()) {
      uint64_t larger = std::max<uint64_t>(kFirst, 2 * body.size());
      if (!parser_->head().chunked) larger = std::min(larger, size + body_left_);
      if (larger > kFirst && !reserved.Grow(larger, shared_.options.buffered_bytes)) {
        co_return shared_.gate.Busy(parser_->head().target);
      }
      body.resize(larger);
    }
    size += co_await ReadBody(std::as_writable_bytes(std::span(body).subspan(size)));
  }
  body.resize(size);
  admission.request.SetBody(std::move(body));

  Response response;
  auto work = [&] { response = shared_.router.Run(*admission.route, admission.request); };
  const Route& route = *admission.route;
  if (route.doc.work == Work::kAtOnce) {
    work();
    co_return response;
  }
  if (!co_await OnWorker(PoolFor(route, shared_), false, work)) {
    co_return shared_.gate.Busy(parser_->head().target);
  }
  co_return response;
}

Task<Response> Session::HandleStream(Admission& admission) {
  const auto self = shared_from_this();  // the worker's posts may outlive this exchange
  const uint64_t most = parser_->head().chunked ? kBlockBytes : std::max<uint64_t>(1, body_left_);
  auto owned = std::make_unique<BodyPipe>(static_cast<size_t>(std::min<uint64_t>(most, kBlockBytes)), [self] {
    asio::post(self->desk_.executor, [self] { self->signal_.cancel(); });
  });
  BodyPipe& pipe = *owned;
  admission.request.SetStream(std::move(owned));

  // The first block arrives before a worker is taken, so that small and slow bodies hold none.
  bool complete = false;
  bool failed = false;
  const auto fill = [&]() -> Task<void> {
    std::unique_ptr<Block> block = pipe.TakeEmpty();
    complete = co_await FillBlock(*block);
    if (!block->bytes().empty()) pipe.Push(std::move(block));
    if (complete) pipe.Finish();
  };
  co_await fill();

  Response response;
  handler_done_ = false;
  const bool queued = shared_.stream_workers.Submit([this, self, &response, &admission] {
    response = shared_.router.Run(*admission.route, admission.request);
    asio::post(desk_.executor, [self] {
      self->handler_done_ = true;
      self->signal_.cancel();
      ErrorCode ignored;
      if (self->reading_body_) self->socket_.cancel(ignored);
    });
  });
  if (!queued) co_return shared_.gate.Busy(parser_->head().target);
  while (!handler_done_) {
    if (complete || failed || !pipe.HasRoom()) {
      co_await Wait(std::chrono::milliseconds::max());
      continue;
    }
    std::exception_ptr broken;
    try {
      co_await fill();
    } catch (const std::exception&) {
      broken = std::current_exception();
    }
    if (!broken) continue;
    failed = true;
    // Outside the handler, which would hold it too: the worker must be able to read it alone.
    pipe.Fail(std::move(broken));
  }
  co_return response;
}

Task<bool> Session::DiscardBody() {
  std::byte scratch[4096];
  body_limit_ = std::numeric_limits<uint64_t>::max();
  body_started_ = shared_.clock.Monotonic();
  try {
    while (!BodyComplete()) co_await ReadBody(scratch);
  } catch (const StatusError&) {
    co_return false;  // the answer was sent already
  }
  co_return true;
}

Task<void> Session::Linger() {
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  char scratch[4096];
  SetDeadline(kLinger);
  for (uint64_t taken = 0; taken < kMostLingered && !desk_.draining;) {
    const size_t got = co_await ReadSocket(scratch);
    if (got == 0) break;
    taken += got;
  }
}

void Session::Record(const Admission& admission, int status) {
  const double seconds = std::chrono::duration<double>(shared_.clock.Monotonic() - started_).count();
  const std::string_view route =
      admission.route != nullptr ? std::string_view(admission.route->pattern) : "none";
  // An unknown method's name is the client's: only known ones become labels.
  const std::string_view method =
      admission.route != nullptr ? MethodName(admission.request.method()) : "none";
  shared_.metrics.Observe(method, route, status, seconds);
  if (!LogEnabled(LogLevel::kDebug)) return;
  Log(LogLevel::kDebug, "request",
      {{"method", method}, {"route", route}, {"status", status}, {"seconds", seconds}, {"peer", peer_}});
}

}  // namespace orrery::http
