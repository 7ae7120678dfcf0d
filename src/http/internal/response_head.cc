#include "http/internal/response_head.h"

#include <ctime>

#include <fmt/format.h>

namespace orrery::http {
namespace {

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Status";
  }
}

void AppendField(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) {
    // A value may hold a user's text: a line break in it must not start a field of its own.
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  out.append("\r\n");
}

/// The policy for what a browser may do with the answer; handlers may set their own.
std::string_view ContentPolicy(const Response& response) {
  if (response.headers.Find("Content-Security-Policy")) return {};
  if (response.headers.Find("Content-Disposition")) return "sandbox";
  if (response.headers.Get("Content-Type").starts_with("text/html")) {
    return "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
           "frame-ancestors 'self'; base-uri 'none'; form-action 'self'";
  }
  return {};
}

}  // namespace

std::string ResponseHead(const Response& response, const Framing& framing, bool keep_alive,
                         std::string_view date) {
  std::string out;
  out.reserve(384);
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, ReasonOf(response.status));
  for (const auto& [name, value] : response.headers) AppendField(out, name, value);
  if (framing.length && !IsBodyless(response.status)) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *framing.length);
  }
  if (framing.chunked) out += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive) out += "Connection: close\r\n";
  out.append("Date: ").append(date);
  out += "\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: SAMEORIGIN\r\n";
  if (const std::string_view policy = ContentPolicy(response); !policy.empty()) {
    AppendField(out, "Content-Security-Policy", policy);
  }
  return out += "\r\n";
}

std::string ChunkHead(size_t size) {
  return fmt::format("{:x}\r\n", size);
}

std::string HttpDate(Instant now) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday,
                     kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace orrery::http
