// How a session moves bytes between its socket, workers, and the bodies of requests and responses.

#include <cerrno>
#include <cstring>

#include <boost/asio/write.hpp>
#include <sys/socket.h>

#include "base/log.h"
#include "http/internal/response_head.h"
#include "http/internal/session.h"

namespace orrery::http {

void Session::SetDeadline(std::chrono::milliseconds patience, uint64_t bytes) {
  timed_out_ = false;
  const auto extra = std::chrono::seconds(bytes / std::max<uint64_t>(1, shared_.options.least_rate));
  deadline_ = shared_.clock.Monotonic() + patience + extra;
}

Task<size_t> Session::ReadSocket(std::span<char> out) {
  ErrorCode error;
  const size_t got = co_await socket_.async_read_some(asio::buffer(out.data(), out.size()),
                                                      asio::redirect_error(UseAwaitable(), error));
  co_return error ? 0 : got;
}

bool Session::BodyComplete() {
  return parser_->head().chunked ? parser_->done() && parser_->body().empty() : body_left_ == 0;
}

void Session::FailRead(const char* what) const {
  if (cut_) throw Error(Code::kUnavailable, "the server stops: send the request again later");
  if (timed_out_) throw StatusError(408, Code::kAborted, "the body took too long to arrive");
  throw StatusError(400, Code::kInvalidArgument, what);
}

/// At least one byte of the body, which must not be complete, or none where only framing came.
Task<size_t> Session::ReadBody(std::span<std::byte> out) {
  constexpr const char* kBrokeOff = "the body broke off before its end";
  // A sender may be slow, but has to keep up the least rate.
  timed_out_ = false;
  deadline_ = body_started_ + shared_.options.body_timeout +
              std::chrono::seconds(body_received_ / std::max<uint64_t>(1, shared_.options.least_rate));
  size_t size = 0;
  if (!parser_->head().chunked) {
    const std::span<std::byte> wanted = out.first(std::min<uint64_t>(out.size(), body_left_));
    const std::string_view pending = input_.pending();
    if (!pending.empty()) {
      size = std::min(wanted.size(), pending.size());
      std::memcpy(wanted.data(), pending.data(), size);
      input_.Take(size);
    } else {
      reading_body_ = true;
      size = co_await ReadSocket({reinterpret_cast<char*>(wanted.data()), wanted.size()});
      reading_body_ = false;
      if (size == 0) FailRead(kBrokeOff);
    }
    body_left_ -= size;
  } else {
    std::string& found = parser_->body();
    if (found.empty()) {
      const size_t taken = input_.pending().empty() ? 0 : parser_->Feed(input_.pending());
      input_.Take(taken);
      if (found.empty() && taken == 0 && !parser_->done()) {
        reading_body_ = true;
        const size_t got = co_await ReadSocket(input_.Room());
        reading_body_ = false;
        if (got == 0) FailRead(kBrokeOff);
        input_.Filled(got);
      }
    }
    size = std::min(out.size(), found.size());
    std::memcpy(out.data(), found.data(), size);
    found.erase(0, size);
  }
  deadline_ = Clock::Monotonics::max();
  body_received_ += size;
  if (body_received_ > body_limit_) throw BodyTooLong(body_limit_);
  co_return size;
}

/// Fills `block` as far as the body goes; whether the body is complete with it.
Task<bool> Session::FillBlock(Block& block) {
  while (!BodyComplete() && !block.full()) block.Grow(co_await ReadBody(block.room()));
  co_return BodyComplete();
}

Task<void> Session::SendContinue() {
  if (!parser_->head().expects_continue || !input_.pending().empty()) co_return;
  const std::string_view part = "HTTP/1.1 100 Continue\r\n\r\n";
  co_await Write({&part, 1});
}

Task<bool> Session::Write(std::span<const std::string_view> parts) {
  std::array<asio::const_buffer, 4> buffers;
  size_t total = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    buffers.at(i) = asio::buffer(parts[i].data(), parts[i].size());
    total += parts[i].size();
  }
  SetDeadline(shared_.options.write_timeout, total);
  ErrorCode error;
  co_await asio::async_write(socket_, buffers, asio::redirect_error(UseAwaitable(), error));
  deadline_ = Clock::Monotonics::max();
  co_return !error;
}

Task<bool> Session::Send(Response& response, bool keep_alive) {
  if (auto* source = std::get_if<std::unique_ptr<BodySource>>(&response.body)) {
    co_return co_await SendSource(response, **source, keep_alive);
  }
  if (auto* live = std::get_if<std::unique_ptr<LiveSource>>(&response.body)) {
    co_return co_await SendLive(response, **live, keep_alive);
  }
  const std::string& body = std::get<std::string>(response.body);
  const std::string head = ResponseHead(response, {.length = body.size()}, keep_alive, desk_.date);
  const bool bodyless = head_only_ || IsBodyless(response.status);
  const std::array<std::string_view, 2> parts = {head, bodyless ? std::string_view() : body};
  co_return co_await Write(parts);
}

/// Two blocks that take turns: one is filled on a worker while the other is on its way to the peer.
struct Session::Turn {
  Block block{kBlockBytes};
  bool ended = false;
  std::exception_ptr error;

  void Fill(BodySource& source) noexcept {
    block.Clear();
    try {
      while (!ended && !block.full()) {
        const size_t got = source.Read(block.room());
        block.Grow(got);
        ended = got == 0;
      }
    } catch (...) {
      error = std::current_exception();
    }
  }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(block.bytes().data()), block.bytes().size()};
  }
};

namespace {

/// What ends a chunk, the body, or both.
std::string_view ChunkEnd(bool in_chunk, bool ended) {
  if (!ended) return "\r\n";
  return in_chunk ? "\r\n0\r\n\r\n" : kLastChunk;
}

Failure Describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& why) {
    return DescribeFailure(why, true);
  }
}

void LogBreak(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& why) {
    Log(LogLevel::kError, "a response broke off", {{"error", why.what()}});
  }
}

}  // namespace

Task<bool> Session::SendSource(Response& response, BodySource& source, bool keep_alive) {
  const auto length = source.Length();
  const bool chunked = !length && parser_->head().http_1_1;
  const bool keeps = keep_alive && (length || chunked);
  const std::string head = ResponseHead(response, {length, chunked}, keeps, desk_.date);
  if (head_only_) {
    const std::string_view part = head;
    const bool sent = co_await Write({&part, 1});
    co_return sent&& keeps;
  }

  auto now = std::make_unique<Turn>();
  auto fill = [&] { now->Fill(source); };
  co_await OnWorker(shared_.workers, true, fill);
  if (now->error) {
    // Nothing was sent yet: the fault can still be told.
    Response refusal = shared_.gate.Refuse(parser_->head().target, Describe(now->error));
    co_return co_await Send(refusal, keep_alive);
  }
  const bool whole = co_await PumpSource(source, std::move(now), head, {length, chunked});
  co_return whole&& keeps;
}

/// Sends `head`, what `now` holds and all that follows; whether the body was complete.
Task<bool> Session::PumpSource(BodySource& source, std::unique_ptr<Turn> now, std::string_view head,
                               Framing framing) {
  const auto self = shared_from_this();
  auto next = std::make_unique<Turn>();
  uint64_t sent = 0;
  for (;;) {
    bool filled = now->ended;
    if (!filled) {
      shared_.workers.Continue([self, &source, &next, &filled] {
        next->Fill(source);
        asio::post(self->desk_.executor, [self, &filled] {
          filled = true;
          self->signal_.cancel();
        });
      });
    }
    const std::string_view body = now->text();
    sent += body.size();
    const std::string size = framing.chunked && !body.empty() ? ChunkHead(body.size()) : std::string();
    const std::string_view end = framing.chunked ? ChunkEnd(!body.empty(), now->ended) : std::string_view();
    const std::array<std::string_view, 4> parts = {head, size, body, end};
    bool alive = sent <= framing.length.value_or(sent);
    if (alive) alive = co_await Write(parts);
    head = {};
    while (!filled) co_await Wait(std::chrono::milliseconds::max());
    if (!alive) co_return false;
    if (now->ended) co_return sent == framing.length.value_or(sent);
    if (next->error) {
      LogBreak(next->error);
      co_return false;
    }
    std::swap(now, next);
  }
}

Task<bool> Session::SendLive(Response& response, LiveSource& live, bool keep_alive) {
  const bool chunked = parser_->head().http_1_1;
  const bool keeps = keep_alive && chunked;
  const std::string head = ResponseHead(response, {std::nullopt, chunked}, keeps, desk_.date);
  const std::string_view part = head;
  if (!co_await Write({&part, 1})) co_return false;
  if (head_only_) co_return keeps;
  const bool whole = co_await PumpLive(live, chunked);
  co_return whole&& keeps;
}

Task<bool> Session::PumpLive(LiveSource& live, bool chunked) {
  LiveSource::Progress progress;
  std::exception_ptr error;
  auto poll = [&]() noexcept {
    try {
      progress = live.Poll();
    } catch (...) {
      error = std::current_exception();
    }
  };
  Clock::Monotonics last_sent = shared_.clock.Monotonic();
  for (;;) {
    progress = {};
    co_await OnWorker(shared_.workers, true, poll);
    if (error) {
      LogBreak(error);
      co_return false;
    }
    const bool news = !progress.bytes.empty();
    const auto silent = shared_.clock.Monotonic() - last_sent;
    if (!news && silent >= shared_.options.keep_alive_interval) progress.bytes = live.KeepAlive();
    if (!progress.bytes.empty()) {
      last_sent = shared_.clock.Monotonic();
      const std::string size = chunked ? ChunkHead(progress.bytes.size()) : std::string();
      const std::array<std::string_view, 3> parts = {size, progress.bytes, chunked ? "\r\n" : ""};
      if (!co_await Write(parts)) co_return false;
    }
    if (progress.ended || desk_.draining) break;
    if (news) continue;
    co_await Wait(shared_.options.poll_interval);
    if (cut_ || PeerClosed()) co_return false;
  }
  if (!chunked) co_return true;
  const std::string_view end = kLastChunk;
  co_return co_await Write({&end, 1});
}

/// Sleeps until `signal_` is cancelled, or for `most`. What is waited for must be checked again afterwards.
Task<void> Session::Wait(std::chrono::milliseconds most) {
  if (most == std::chrono::milliseconds::max()) {
    signal_.expires_at(Timer::time_point::max());
  } else {
    signal_.expires_after(most);
  }
  ErrorCode ignored;  // cancelled or expired: both end the wait
  co_await signal_.async_wait(asio::redirect_error(UseAwaitable(), ignored));
}

bool Session::PeerClosed() {
  char byte = 0;
  const ssize_t got = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

}  // namespace orrery::http
