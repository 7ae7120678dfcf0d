#include "base/random.h"

#include <array>
#include <cerrno>
#include <limits>
#include <vector>

#include <sys/random.h>

#include "base/check.h"

namespace orrery {

std::string Random::Hex(size_t bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::vector<std::byte> raw(bytes);
  Fill(raw);
  std::string out;
  out.reserve(2 * bytes);
  for (const std::byte b : raw) {
    out += kDigits[std::to_integer<int>(b) >> 4];
    out += kDigits[std::to_integer<int>(b) & 15];
  }
  return out;
}

uint64_t Random::Below(uint64_t bound) {
  ORRERY_CHECK(bound > 0);
  // Values at or above the largest multiple of bound are drawn again, so that each remainder is equally
  // likely.
  const uint64_t limit = std::numeric_limits<uint64_t>::max() - std::numeric_limits<uint64_t>::max() % bound;
  for (;;) {
    uint64_t value = 0;
    Fill(std::as_writable_bytes(std::span(&value, 1)));
    if (value < limit) return value % bound;
  }
}

void SystemRandom::Fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    ORRERY_CHECK(got > 0);
    out = out.subspan(static_cast<size_t>(got));
  }
}

}  // namespace orrery
