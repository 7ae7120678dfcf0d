#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "http/message.h"

namespace orrery::http {

/// Bytes of a known size that can be read from any offset.
struct RangedContent {
  uint64_t size = 0;
  /// Reads up to out.size() bytes at `offset`; fewer only at the end. Blocking; one thread at a time.
  std::function<size_t(uint64_t offset, std::span<std::byte> out)> read;
  std::string content_type = "application/octet-stream";
  std::string etag;  ///< without quotes; empty: none, and no conditional requests
};

/// Answers GET and HEAD for `content`: 200, 206 for one range, 304 for If-None-Match, 416 for a range outside
/// (several ranges are answered with the whole, as RFC 9110 allows). If-Range compares the ETag.
Response RangedResponse(const Request& request, RangedContent content);

/// A Content-Disposition that makes a browser save the bytes under the last segment of `path`, safe for any
/// name.
std::string AttachmentNamed(std::string_view path);

}  // namespace orrery::http
