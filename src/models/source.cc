#include "models/source.h"

#include <optional>
#include <vector>

#include "base/error.h"
#include "tracking/artifact_path.h"

namespace orrery::models {
namespace {

[[noreturn]] void Refuse(std::string_view text) {
  throw InvalidField("source",
                     "not a model source: use runs:/RUN_ID/path, models:/m-ID, models:/NAME/VERSION or "
                     "mlflow-artifacts:/path without dot segments, host, query or fragment; got " +
                         Quoted(text));
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
    if (!tracking::IsPlainPath(trimmed)) Refuse(text);
    const size_t slash = trimmed.find('/');
    if (slash == std::string_view::npos) Refuse(text);
    return {.kind = Kind::kRun,
            .id = std::string(trimmed.substr(0, slash)),
            .path = std::string(trimmed.substr(slash + 1))};
  }
  if (const auto path = PathAfter(text, "models:/")) {
    if (!tracking::IsPlainPath(*path)) Refuse(text);
    return ParseModels(*path, text);
  }
  if (const auto path = PathAfter(text, "mlflow-artifacts:/")) {
    const std::string_view trimmed = path->ends_with('/') ? path->substr(0, path->size() - 1) : *path;
    if (!tracking::IsPlainPath(trimmed)) Refuse(text);
    return {.kind = Kind::kArtifacts, .path = std::string(trimmed)};
  }
  Refuse(text);
}

bool IsWithin(std::string_view source, std::string_view root) {
  while (root.ends_with('/')) root.remove_suffix(1);
  return source.starts_with(root) && (source.size() == root.size() || source[root.size()] == '/');
}

}  // namespace orrery::models
