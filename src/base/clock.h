#pragma once

#include <chrono>

#include "base/instant.h"

namespace orrery {

/// The seam to time. Safe to call from any thread.
///
/// Durations (time-outs, back-off, leases held) come from Monotonic(), which never jumps; Now() is for
/// records only.
class Clock {
 public:
  using Monotonics = std::chrono::nanoseconds;

  virtual ~Clock() = default;
  virtual Instant Now() = 0;
  virtual Monotonics Monotonic() = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  Instant Now() override { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }
  Monotonics Monotonic() override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

}  // namespace orrery
