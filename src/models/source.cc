#include "models/source.h"

#include <optional>
#include <vector>

#include "base/error.h"

namespace orrery::models {
namespace {

constexpr int kMaxEncodings = 8;

[[noreturn]] void Refuse(std::string_view text) {
  throw InvalidField("source",
                     "not a model source: use runs:/RUN_ID/path, models:/m-ID, models:/NAME/VERSION or "
                     "mlflow-artifacts:/path without dot segments, host, query or fragment; got " +
                         Quoted(text));
}

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

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  while (true) {
    const size_t slash = path.find('/', start);
    parts.push_back(path.substr(start, slash - start));
    if (slash == std::string_view::npos) return parts;
    start = slash + 1;
  }
}

// Whether `path` is made of plain segments, however often it is decoded.
bool IsPlain(std::string_view path) {
  std::string current(path);
  for (int depth = 0; depth < kMaxEncodings; ++depth) {
    for (const std::string_view segment : Split(current)) {
      if (segment.empty() || segment == "." || segment == "..") return false;
    }
    for (const char c : current) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte == 0x7f || c == '\\' || c == '#' || c == '?') return false;
    }
    std::string decoded = DecodeOnce(current);
    if (decoded == current) return true;
    current = std::move(decoded);
  }
  return false;
}

std::optional<std::string_view> PathAfter(std::string_view text, std::string_view scheme) {
  if (!text.starts_with(scheme)) return std::nullopt;
  return text.substr(scheme.size());
}

Source ParseModels(std::string_view path, std::string_view text) {
  const auto parts = Split(path);
  if (parts.size() == 1 && path.find('@') == std::string_view::npos) {
    if (!path.starts_with("m-")) Refuse(text);
    return {.kind = Source::Kind::kLoggedModel, .id = std::string(path)};
  }
  Source source{.kind = Source::Kind::kVersion};
  if (parts.size() == 1) {
    const size_t at = path.rfind('@');
    source.id = path.substr(0, at);
    source.alias = path.substr(at + 1);
    if (source.alias.empty()) Refuse(text);
  } else if (parts.size() == 2) {
    source.id = parts[0];
    source.reference = parts[1];
  } else {
    Refuse(text);
  }
  if (source.id.empty()) Refuse(text);
  return source;
}

}  // namespace

Source Source::Parse(std::string_view text) {
  constexpr size_t kLongest = 2048;
  if (text.size() > kLongest) Refuse(text);
  if (const auto path = PathAfter(text, "runs:/")) {
    const std::string_view trimmed = path->ends_with('/') ? path->substr(0, path->size() - 1) : *path;
    if (!IsPlain(trimmed)) Refuse(text);
    const size_t slash = trimmed.find('/');
    if (slash == std::string_view::npos) Refuse(text);
    return {.kind = Kind::kRun,
            .id = std::string(trimmed.substr(0, slash)),
            .path = std::string(trimmed.substr(slash + 1))};
  }
  if (const auto path = PathAfter(text, "models:/")) {
    if (!IsPlain(*path)) Refuse(text);
    return ParseModels(*path, text);
  }
  if (const auto path = PathAfter(text, "mlflow-artifacts:/")) {
    const std::string_view trimmed = path->ends_with('/') ? path->substr(0, path->size() - 1) : *path;
    if (!IsPlain(trimmed)) Refuse(text);
    return {.kind = Kind::kArtifacts, .path = std::string(trimmed)};
  }
  Refuse(text);
}

bool IsWithin(std::string_view source, std::string_view root) {
  while (root.ends_with('/')) root.remove_suffix(1);
  return source.starts_with(root) && (source.size() == root.size() || source[root.size()] == '/');
}

}  // namespace orrery::models
