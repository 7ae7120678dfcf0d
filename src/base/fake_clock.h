#pragma once

#include <atomic>

#include "base/clock.h"

namespace orrery {

/// A clock that a test moves: Advance() moves both hands, Jump() only the wall's.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Instant start = Instant(std::chrono::sys_days(std::chrono::year(2013) / 1 / 1)))
      : wall_(start.time_since_epoch().count()) {}

  Instant Now() override { return Instant(Microseconds(wall_)); }
  Monotonics Monotonic() override { return Monotonics(monotonic_); }

  void Advance(Microseconds by) {
    wall_ += by.count();
    monotonic_ += std::chrono::nanoseconds(by).count();
  }
  void Jump(Microseconds by) { wall_ += by.count(); }

 private:
  std::atomic<int64_t> wall_;
  std::atomic<int64_t> monotonic_ = 1'000'000'000;
};

}  // namespace orrery
