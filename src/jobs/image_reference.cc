#include "jobs/image_reference.h"

#include <algorithm>
#include <string_view>

namespace orrery::jobs {
namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr size_t kMostBytes = 512;
constexpr size_t kMostTag = 128;
constexpr size_t kDigest = 64;

bool Of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

/// Lower case letters and digits, between them single '.', '_', '-' and the like.
bool IsPathPart(std::string_view part) {
  const std::string characters = std::string(kLower) + "._-";
  return Of(part, characters) && kLower.find(part.front()) != std::string_view::npos &&
         kLower.find(part.back()) != std::string_view::npos;
}

/// "docker.io", "localhost", "10.0.0.1:5000": told from the first part of a path by its dot or port.
bool IsRegistry(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  if (colon != std::string_view::npos && !Of(text.substr(colon + 1), "0123456789")) return false;
  const bool plain = Of(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-") &&
                     host.front() != '-' && host.front() != '.' && host.back() != '-' && host.back() != '.';
  return plain &&
         (colon != std::string_view::npos || host == "localhost" || host.find('.') != std::string_view::npos);
}

bool IsTag(std::string_view tag) {
  return tag.size() <= kMostTag &&
         Of(tag, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") && tag.front() != '.' &&
         tag.front() != '-';
}

bool IsName(std::string_view name) {
  size_t slash = name.find('/');
  if (slash == std::string_view::npos || !IsRegistry(name.substr(0, slash))) return false;
  while (slash != std::string_view::npos) {
    const size_t next = name.find('/', slash + 1);
    if (!IsPathPart(name.substr(slash + 1, next == std::string_view::npos ? next : next - slash - 1)))
      return false;
    slash = next;
  }
  return true;
}

}  // namespace

std::optional<ImageReference> ParseImageReference(const std::string& text) {
  constexpr std::string_view kAt = "@sha256:";
  if (text.size() > kMostBytes) return std::nullopt;
  ImageReference reference{.name = text, .tag = "", .digest = ""};
  if (const size_t at = text.find('@'); at != std::string::npos) {
    if (text.compare(at, kAt.size(), kAt) != 0) return std::nullopt;
    reference.digest = text.substr(at + kAt.size());
    reference.name = text.substr(0, at);
    if (reference.digest.size() != kDigest || !Of(reference.digest, "0123456789abcdef")) return std::nullopt;
  }
  const size_t colon = reference.name.rfind(':');
  if (colon != std::string::npos && colon > reference.name.rfind('/') + 1) {
    reference.tag = reference.name.substr(colon + 1);
    reference.name.resize(colon);
    if (!IsTag(reference.tag)) return std::nullopt;
  } else if (reference.digest.empty()) {
    reference.tag = "latest";
  }
  if (!IsName(reference.name)) return std::nullopt;
  return reference;
}

}  // namespace orrery::jobs
