#include "tracking/artifact_path.h"

#include <cctype>

#include "base/error.h"
#include "base/utf8.h"

namespace orrery::tracking {
namespace {

// More layers than that nobody means.
constexpr int kMaxEncodings = 8;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string DecodeOnce(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool IsPlainSegment(std::string_view segment) {
  // "..;x" is ".." to servers that cut parameters off.
  const std::string_view bare = segment.substr(0, segment.find(';'));
  return !segment.empty() && bare != "." && bare != "..";
}

bool IsPlainOnce(std::string_view path) {
  if (!IsUtf8(path)) return false;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\' || c == '#' || c == '?') return false;
  }
  if (path.size() >= 2 && std::isalpha(static_cast<unsigned char>(path[0])) && path[1] == ':' &&
      (path.size() == 2 || path[2] == '/')) {
    return false;
  }
  size_t start = 0;
  while (true) {
    const size_t slash = path.find('/', start);
    if (!IsPlainSegment(path.substr(start, slash - start))) return false;
    if (slash == std::string_view::npos) return true;
    start = slash + 1;
  }
}

}  // namespace

bool IsPlainPath(std::string_view path) {
  std::string current(path);
  for (int depth = 0; depth < kMaxEncodings; ++depth) {
    if (!IsPlainOnce(current)) return false;
    std::string decoded = DecodeOnce(current);
    if (decoded == current) return true;
    current = std::move(decoded);
  }
  return false;
}

ArtifactPath ArtifactPath::Parse(std::string_view text) {
  if (text.size() > kMaxBytes || !IsPlainPath(text)) {
    throw InvalidField(
        "path",
        "Invalid path: use segments joined by '/', none of them empty or dots, without '\\', '#' and "
        "'?', at most " +
            std::to_string(kMaxBytes) + " bytes; got " + Quoted(text));
  }
  ArtifactPath path;
  path.text_ = text;
  return path;
}

}  // namespace orrery::tracking
