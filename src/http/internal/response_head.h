#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace orrery::http {

/// How a body's end is told.
struct Framing {
  std::optional<uint64_t> length;
  bool chunked = false;  ///< neither: the connection's end is the body's
};

/// The status line and fields of `response`, with what every answer carries: its framing, the connection's
/// fate, the date, and the fields that keep a browser from guessing types, framing pages or running what a
/// user uploaded.
std::string ResponseHead(const Response& response, const Framing& framing, bool keep_alive,
                         std::string_view date);

/// Statuses that never have a body: 204 and 304.
inline bool IsBodyless(int status) {
  return status == 204 || status == 304;
}

/// "1a\r\n": what stands before a chunk's bytes. "\r\n" stands after them.
std::string ChunkHead(size_t size);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// "Tue, 01 Jan 2013 05:15:00 GMT".
std::string HttpDate(Instant now);

}  // namespace orrery::http
