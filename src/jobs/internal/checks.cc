#include "jobs/internal/checks.h"

#include <algorithm>

#include "base/utf8.h"

namespace orrery::jobs::internal {
namespace {

bool IsWordCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

void CheckText(const std::string& field, const std::string& text, size_t most) {
  if (text.size() > most) {
    throw InvalidField(
        field, "too long: at most " + std::to_string(most) + " bytes, got " + std::to_string(text.size()));
  }
  if (text.find('\0') != std::string::npos) throw InvalidField(field, "must not contain a NUL character");
  if (!IsUtf8(text)) throw InvalidField(field, "must be valid UTF-8, got " + Quoted(text));
}

void CheckName(const std::string& field, const std::string& name, size_t most) {
  if (name.empty()) throw InvalidField(field, "must not be empty");
  CheckText(field, name, most);
  const bool control =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (control) throw InvalidField(field, "must not contain control characters, got " + Quoted(name));
}

bool IsToken(std::string_view text, std::string_view also, size_t most) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [&](char c) {
    return IsWordCharacter(c) || also.find(c) != std::string_view::npos;
  });
}

void CheckToken(const std::string& field, const std::string& text, std::string_view also, size_t most) {
  if (!IsToken(text, also, most)) {
    throw InvalidField(field, "expected 1 to " + std::to_string(most) + " letters, digits or any of '_" +
                                  std::string(also) + "', got " + Quoted(text));
  }
}

}  // namespace orrery::jobs::internal
