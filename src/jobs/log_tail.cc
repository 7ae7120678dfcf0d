#include "jobs/log_tail.h"

#include <algorithm>

#include "base/utf8.h"

namespace orrery::jobs {
namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr int kMostLines = 20;

bool ContinuesCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Returns at most the last kMostBytes of `text`, without a piece of a character at its beginning.
std::string_view LastBytes(std::string_view text) {
  if (text.size() <= kMostBytes) return text;
  text.remove_prefix(text.size() - kMostBytes);
  while (!text.empty() && ContinuesCharacter(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view LastLines(std::string_view text) {
  std::size_t begin = text.size();
  for (int line = 0; line < kMostLines && begin > 0; ++line) {
    const std::size_t newline = begin >= 2 ? text.rfind('\n', begin - 2) : std::string_view::npos;
    begin = newline == std::string_view::npos ? 0 : newline + 1;
  }
  return text.substr(begin);
}

}  // namespace

std::string LogTail(std::string_view end) {
  std::string text(LastLines(LastBytes(end)));
  std::replace(text.begin(), text.end(), '\0', '\xff');  // malformed, as the rest of what is no text
  return std::string(LastBytes(RepairUtf8(text)));
}

}  // namespace orrery::jobs
