#include "jobs/last_lines.h"

#include <algorithm>
#include <string>

namespace orrery::jobs {
namespace {

/// Some text of a log, and where it begins.
struct Block {
  uint64_t begin = 0;
  std::string text;
  bool first_kept = false;  ///< what was before it was dropped
};

Block ReadBlock(AttemptLog& log, uint64_t begin, uint64_t end) {
  Block block{.begin = begin, .text = {}};
  while (begin < end) {
    const LogPart part = log.Read(begin, static_cast<size_t>(end - begin));
    if (part.next <= begin) break;
    if (part.next == begin + part.bytes.size()) {
      block.text += part.bytes;
    } else {
      block = {.begin = std::min(part.next, end), .text = {}, .first_kept = true};
    }
    begin = part.next;
  }
  return block;
}

}  // namespace

uint64_t OffsetOfLastLines(AttemptLog& log, int64_t lines) {
  constexpr uint64_t kBlock = 64u << 10;
  uint64_t end = log.Size();
  // The end of the last line ends no line before it.
  if (end > 0 && log.Read(end - 1, 1).bytes == "\n") --end;
  while (end > 0) {
    const Block block = ReadBlock(log, end - std::min(end, kBlock), end);
    for (size_t at = block.text.size(); at > 0; --at) {
      if (block.text[at - 1] == '\n' && --lines == 0) return block.begin + at;
    }
    if (block.first_kept) return block.begin;
    end = block.begin;
  }
  return 0;
}

}  // namespace orrery::jobs
