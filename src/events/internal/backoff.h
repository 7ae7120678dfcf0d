#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/instant.h"
#include "base/random.h"

namespace orrery::events::internal {

/// When a failed delivery is tried again.
struct Backoff {
  std::chrono::milliseconds first{1'000};
  std::chrono::milliseconds longest{3'600'000};
  /// The event is given up on after failing for `horizon`, and as often as `least`: so that a clock that jumps, or a
  /// server that was off for days, does not cost a receiver its chances.
  std::chrono::hours horizon{72};
  int64_t least = 20;

  /// How long to wait after failure number `failures` (from 1), the first of which was at `since`; the wait doubles each
  /// time, and is drawn from the 50% around that. None: given up.
  std::optional<std::chrono::milliseconds> After(int64_t failures, Instant since, Instant now,
                                                 Random& random) const {
    if (failures >= least && now - since >= horizon) return std::nullopt;
    constexpr int64_t kDoublings = 30;
    const auto wait = std::min(longest, first * (int64_t{1} << std::min(failures - 1, kDoublings)));
    const auto half = static_cast<uint64_t>(wait.count()) / 2;
    return wait * 3 / 4 + std::chrono::milliseconds(random.Below(half + 1));
  }
};

}  // namespace orrery::events::internal
