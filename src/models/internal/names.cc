#include "models/internal/names.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace orrery::models {
namespace {

constexpr size_t kLongestName = 256;
constexpr size_t kLongestAlias = 255;
constexpr size_t kLongestKey = 250;
constexpr size_t kLongestValue = 100'000;
constexpr size_t kLongestDescription = 100'000;

bool IsWordCharacter(char c) {
  // Bytes of a multi-byte character count as letters, as in the other registry's \w.
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

void CheckLength(std::string_view text, size_t most, std::string_view field) {
  if (text.size() > most) {
    throw Error(Code::kInvalidArgument,
                "'" + std::string(field) + "' exceeds the maximum length of " + std::to_string(most) +
                    " characters, got " + std::to_string(text.size()) + " bytes: " + Quoted(text),
                std::string(field));
  }
}

bool IsPathLike(std::string_view text) {
  size_t start = 0;
  while (true) {
    const size_t slash = text.find('/', start);
    const std::string_view segment = text.substr(start, slash - start);
    if (segment.empty() || segment == "." || segment == "..") return true;
    if (slash == std::string_view::npos) return false;
    start = slash + 1;
  }
}

bool IsVersionLike(std::string_view alias) {
  return alias.size() > 1 && (alias[0] == 'v' || alias[0] == 'V') &&
         std::all_of(alias.begin() + 1, alias.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsLatest(std::string_view alias) {
  constexpr std::string_view kLatest = "latest";
  return std::equal(alias.begin(), alias.end(), kLatest.begin(), kLatest.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

}  // namespace

void CheckModelName(std::string_view name, std::string_view field) {
  if (name.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    throw InvalidField(field, "a model needs a name");
  }
  CheckLength(name, kLongestName, field);
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (has_control || name.find_first_of("/:") != std::string_view::npos || name == "." || name == "..") {
    throw InvalidField(field,
                       "not a model name: without '/', ':' and control characters, got " + Quoted(name));
  }
}

void CheckAlias(std::string_view alias, bool for_writing) {
  if (alias.empty()) throw InvalidField("alias", "an alias needs a name");
  CheckLength(alias, kLongestAlias, "alias");
  if (!std::all_of(alias.begin(), alias.end(), [](char c) { return IsWordCharacter(c) || c == '-'; })) {
    throw InvalidField("alias", "only letters, digits, '_' and '-', got " + Quoted(alias));
  }
  if (for_writing && (IsLatest(alias) || IsVersionLike(alias))) {
    throw InvalidField("alias", "\"latest\" and \"v1\", \"v2\"... are reserved, got " + Quoted(alias));
  }
}

void CheckTagKey(std::string_view key) {
  if (key.empty()) throw InvalidField("key", "a tag needs a key");
  CheckLength(key, kLongestKey, "key");
  const bool legal = std::all_of(key.begin(), key.end(), [](char c) {
    return IsWordCharacter(c) || std::string_view("-./: ").find(c) != std::string_view::npos;
  });
  if (!legal || IsPathLike(key)) {
    throw InvalidField("key",
                       "only letters, digits, '_', '-', '.', '/', ':' and spaces, without empty or dot "
                       "segments, got " +
                           Quoted(key));
  }
}

void CheckTag(const Tag& tag) {
  CheckTagKey(tag.key);
  CheckLength(tag.value, kLongestValue, "value");
}

void CheckDescription(const std::optional<std::string>& description) {
  if (description) CheckLength(*description, kLongestDescription, "description");
}

std::vector<Tag> CheckedTags(const std::vector<Tag>& tags) {
  std::map<std::string, std::string> last;
  for (const Tag& tag : tags) {
    CheckTag(tag);
    last[tag.key] = tag.value;
  }
  std::vector<Tag> out;
  for (auto& [key, value] : last) out.push_back({key, value});
  return out;
}

}  // namespace orrery::models
