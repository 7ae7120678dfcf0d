#include "cli/terminal_text.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/utf8.h"

namespace orrery::cli {
namespace {

constexpr char kEscape = '\x1b';
constexpr size_t kLongestColour = 64;

void AppendEscaped(std::string& out, char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<uint8_t>(byte);
  out += {'\\', 'x', kDigits[value >> 4], kDigits[value & 15]};
}

/// How much of the beginning of `text` belongs together and can be shown as it is; 0: nothing; npos: more has to be seen.
size_t HarmlessColour(std::string_view text) {
  if (text.size() < 2) return std::string_view::npos;
  if (text[1] != '[') return 0;
  const size_t end = text.find_first_not_of("0123456789;:", 2);
  if (end == std::string_view::npos) return text.size() < kLongestColour ? end : 0;
  // Colour, or what is left of the line is erased: what progress bars do.
  return text[end] == 'm' || text[end] == 'K' ? end + 1 : 0;
}

size_t HarmlessCharacter(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const std::string_view character = text.substr(0, length);
  if (first == 0xc2 && text.size() >= 2 && static_cast<uint8_t>(text[1]) < 0xa0)
    return 0;  // control characters
  if (IsUtf8(character)) return length;
  const bool goes_on = std::all_of(character.begin() + 1, character.end(),
                                   [](char byte) { return (static_cast<uint8_t>(byte) & 0xc0) == 0x80; });
  return first >= 0xc2 && first < 0xf5 && text.size() < length && goes_on ? std::string_view::npos : 0;
}

size_t Harmless(std::string_view text) {
  const char first = text[0];
  if (first == '\n' || first == '\r' || first == '\t') return 1;
  if (first == kEscape) return HarmlessColour(text);
  if (static_cast<uint8_t>(first) >= 0x80) return HarmlessCharacter(text);
  return first >= ' ' && first != '\x7f' ? 1 : 0;
}

}  // namespace

std::string TerminalText::Take(std::string_view bytes) {
  const std::string text = std::exchange(held_, {}).append(bytes);
  std::string shown;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t count = Harmless(rest);
    if (count == std::string_view::npos) {
      held_ = rest;
      break;
    }
    if (count == 0) {
      AppendEscaped(shown, rest[0]);
    } else {
      coloured_ = coloured_ || rest[0] == kEscape;
      shown += rest.substr(0, count);
    }
    rest.remove_prefix(std::max<size_t>(count, 1));
  }
  return shown;
}

std::string TerminalText::Rest() {
  std::string shown;
  for (const char byte : std::exchange(held_, {})) AppendEscaped(shown, byte);
  if (std::exchange(coloured_, false)) shown += "\x1b[0m";
  return shown;
}

}  // namespace orrery::cli
