#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace orrery::http {

/// A request's start line and fields, as sent.
struct RequestHead {
  std::string method;
  std::string target;
  bool http_1_1 = true;
  bool keep_alive = true;
  bool chunked = false;
  bool expects_continue = false;
  std::optional<uint64_t> content_length;
  Headers headers;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

/// Reads the bytes of one HTTP/1.x request as they come.
///
///   head -> body -> done
///
/// Stricter than the grammar where two readers could disagree: two Content-Length or Host fields, a
/// Content-Length beside a Transfer-Encoding, and any other coding than "chunked" are refused.
class RequestParser {
 public:
  explicit RequestParser(size_t header_bytes);
  ~RequestParser();

  /// Takes what it can from the front of `data` (all that came so far and was not taken) and returns how many
  /// bytes; stops after the head. Errors: StatusError 400, 431, 505.
  size_t Feed(std::string_view data);

  bool head_done() const;
  /// The head, once head_done(); may be moved from.
  RequestHead& head();
  bool done() const;
  /// The body's bytes that Feed() found, chunk framing removed; the caller takes them out.
  std::string& body();

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace orrery::http
