#include "cli/terminal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

namespace orrery::cli {
namespace {

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 1;
};

/// The first character of well-formed, non-empty `text`.
CodePoint FirstOf(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t value = bytes == 1 ? lead : lead & (0x7f >> bytes);
  for (size_t i = 1; i < bytes; ++i) value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  return {value, bytes};
}

size_t WidthOf(char32_t c) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  static constexpr Range kNone[] = {{0x300, 0x36f}, {0x200b, 0x200f}, {0xfe00, 0xfe0f}};
  static constexpr Range kWide[] = {
      {0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
      {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
  for (const Range& range : kNone) {
    if (c >= range.first && c <= range.last) return 0;
  }
  for (const Range& range : kWide) {
    if (c >= range.first && c <= range.last) return 2;
  }
  return 1;
}

bool IsControl(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

template <typename... Values>
std::string Format(const char* format, Values... values) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

}  // namespace

Terminal Terminal::Detect() {
  Terminal terminal;
  terminal.interactive = isatty(STDOUT_FILENO) == 1;
  if (!terminal.interactive) return terminal;
  winsize size{};
  terminal.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  terminal.colour =
      (no_color == nullptr || *no_color == '\0') && term != nullptr && std::string_view(term) != "dumb";
  return terminal;
}

std::string Tinted(const Terminal& terminal, Tint tint, std::string_view text) {
  static constexpr std::string_view kCodes[] = {"", "2", "1", "32", "31", "33", "34"};
  if (!terminal.colour || tint == Tint::kPlain) return std::string(text);
  return "\x1b[" + std::string(kCodes[static_cast<size_t>(tint)]) + "m" + std::string(text) + "\x1b[0m";
}

size_t DisplayWidth(std::string_view text) {
  const std::string clean = RepairUtf8(text);
  size_t width = 0;
  for (std::string_view rest = clean; !rest.empty();) {
    const CodePoint c = FirstOf(rest);
    width += WidthOf(c.value);
    rest.remove_prefix(c.bytes);
  }
  return width;
}

std::string FitText(std::string_view text, size_t width) {
  const std::string clean = RepairUtf8(text);
  const bool cut = DisplayWidth(clean) > width;
  const size_t room = cut && width > 0 ? width - 1 : width;
  std::string out;
  size_t used = 0;
  for (std::string_view rest = clean; !rest.empty();) {
    const CodePoint c = FirstOf(rest);
    if (used + WidthOf(c.value) > room) break;
    out += IsControl(c.value) ? std::string_view("?") : rest.substr(0, c.bytes);
    used += WidthOf(c.value);
    rest.remove_prefix(c.bytes);
  }
  return cut && width > 0 ? out + "…" : out;
}

std::string WrapText(std::string_view text, size_t width, size_t indent) {
  std::string out;
  size_t used = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const size_t needed = DisplayWidth(word);
    if (used == indent) {
      used += needed;
    } else if (width == 0 || used + 1 + needed <= width) {
      out += ' ';
      used += 1 + needed;
    } else {
      out += "\n" + std::string(indent, ' ');
      used = indent + needed;
    }
    out += word;
  }
  return out;
}

std::string DurationText(double seconds) {
  if (seconds < 0) seconds = 0;
  if (seconds < 60) return Format("%.1f s", seconds);
  const auto whole = static_cast<int64_t>(seconds);
  if (whole < 3600)
    return Format("%d min %02d s", static_cast<int>(whole / 60), static_cast<int>(whole % 60));
  return Format("%d h %02d min", static_cast<int>(whole / 3600), static_cast<int>(whole / 60 % 60));
}

std::string SizeText(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? Format("%.0f B", value) : Format("%.1f %s", value, kUnits[unit]);
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return Format("%.6g", value);
}

}  // namespace orrery::cli
