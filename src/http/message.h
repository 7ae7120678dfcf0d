#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/actor.h"
#include "base/json.h"
#include "http/target.h"

namespace orrery::http {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

/// "GET"; and back (none for a method that the server does not know).
std::string_view MethodName(Method method);
std::optional<Method> MethodFromName(std::string_view name);

/// Header fields in the order they came; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  /// The first value of `name`.
  std::optional<std::string_view> Find(std::string_view name) const;
  /// The first value of `name`, or empty.
  std::string_view Get(std::string_view name) const { return Find(name).value_or(std::string_view()); }
  void Add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every value of `name`.
  void Set(std::string_view name, std::string value);

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

/// A request's body as it arrives. Used by one thread: the handler's.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// Waits for bytes and returns how many were written to `out`; 0 at the end of a complete body.
  /// Errors: invalid_argument (the body broke off or is malformed; or, as StatusError 413, exceeds the
  /// route's limit), unavailable (the server stops). After an error nothing of the body may be kept.
  virtual size_t Read(std::span<std::byte> out) = 0;
};

/// One request, owned by the thread that handles it. Everything in it was checked for form: paths and query
/// are decoded UTF-8 without NUL.
class Request {
 public:
  Request() = default;
  /// For tests and for calls that never crossed a socket. Errors: invalid_argument (a malformed target).
  Request(Method method, std::string_view target, std::string body = {})
      : method_(method), target_(ParseTarget(target)), body_(std::move(body)) {}

  Method method() const { return method_; }
  /// The decoded path without the query: "/api/v1/jobs/7".
  const std::string& path() const { return target_.path; }
  /// The value that `{name}` or `{name*}` of the route's pattern took. `name` must be in the pattern.
  const std::string& path(std::string_view name) const;
  /// What `{name*}` took, still percent-encoded. Empty for a route without one.
  const std::string& raw_tail() const { return raw_tail_; }
  const Query& query() const { return target_.query; }
  const Headers& headers() const { return headers_; }
  Headers& headers() { return headers_; }
  const Actor& actor() const { return actor_; }
  /// The peer's address, for logs.
  const std::string& peer() const { return peer_; }
  /// What the client announced; none for a chunked body.
  std::optional<uint64_t> content_length() const { return content_length_; }

  /// The whole body of a buffered route.
  const std::string& body() const { return body_; }
  /// The whole body as T. Errors: invalid_argument, with the field at fault.
  template <typename T>
  T Json() const {
    return FromJson<T>(body_);
  }
  /// The body of a streaming route; a buffered body where there is no stream.
  BodyReader& stream();

  // What the server fills in before a handler sees the request.
  void SetMethod(Method method) { method_ = method; }
  void SetTarget(Target target) { target_ = std::move(target); }
  void SetPathValues(std::vector<std::pair<std::string, std::string>> values, std::string raw_tail);
  void SetActor(Actor actor) { actor_ = std::move(actor); }
  void SetPeer(std::string peer) { peer_ = std::move(peer); }
  void SetContentLength(std::optional<uint64_t> length) { content_length_ = length; }
  void SetBody(std::string body) { body_ = std::move(body); }
  void SetStream(std::unique_ptr<BodyReader> stream) { stream_ = std::move(stream); }
  const Target& target() const { return target_; }

 private:
  Method method_ = Method::kGet;
  Target target_;
  std::vector<std::pair<std::string, std::string>> path_values_;
  std::string raw_tail_;
  Headers headers_;
  Actor actor_{"local"};
  std::string peer_;
  std::optional<uint64_t> content_length_;
  std::string body_;
  std::unique_ptr<BodyReader> stream_;
};

/// A response's body that is pulled block by block, so that its size is no matter.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// How many bytes will come, if known: then Content-Length is sent, else the body is chunked.
  virtual std::optional<uint64_t> Length() const = 0;
  /// Fills `out` with at least one byte and returns how many, or 0 at the end. May block; called on worker
  /// threads, never from two at once. An error cuts the connection, so that the client sees the break.
  virtual size_t Read(std::span<std::byte> out) = 0;
};

/// A response's body that grows while the client listens: server-sent events, a followed log. Between polls
/// it holds no thread.
class LiveSource {
 public:
  struct Progress {
    std::string bytes;   ///< what is new; may be empty
    bool ended = false;  ///< nothing more will come: the response is closed after `bytes`
  };

  virtual ~LiveSource() = default;
  /// Takes what is there now, without waiting for more (at most about 256 KiB at once: the rest comes with
  /// the next poll, at once). Called on worker threads about ten times a second, never from two at once. An
  /// error cuts the connection.
  virtual Progress Poll() = 0;
  /// What a silent stream sends every 15 s, so that a dead peer is noticed; empty sends nothing.
  virtual std::string_view KeepAlive() const { return {}; }
};

struct Response {
  using Body = std::variant<std::string, std::unique_ptr<BodySource>, std::unique_ptr<LiveSource>>;

  int status = 200;
  Headers headers;
  Body body;

  /// Text that is JSON already.
  static Response Json(std::string text, int status = 200);
  /// `value` as JSON, by its description.
  template <typename T>
  static Response Of(const T& value, int status = 200) {
    return Json(ToJson(value), status);
  }
  static Response Text(std::string text, std::string_view content_type = "text/plain; charset=utf-8",
                       int status = 200);
  static Response Empty(int status = 204);
  static Response Stream(std::unique_ptr<BodySource> source, std::string_view content_type);
  static Response Live(std::unique_ptr<LiveSource> source, std::string_view content_type);
};

}  // namespace orrery::http
