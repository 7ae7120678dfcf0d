#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <cstring>

#include "tracking/types.h"

namespace orrery::tracking::internal {

/// The bits of `value`: what tells points apart, so that NaN equals itself and -0 is not 0.
inline uint64_t BitsOf(double value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// A key that orders doubles totally: by value, -0 before 0, every NaN after infinity.
inline uint64_t OrderedBits(double value) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  const uint64_t bits = BitsOf(value);
  if (std::isnan(value)) return bits | kSign;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

inline bool SamePoint(const Point& a, const Point& b) {
  return a.step == b.step && a.timestamp_ms == b.timestamp_ms && BitsOf(a.value) == BitsOf(b.value);
}

/// Orders by (step, timestamp, value): the last is the latest, MLflow's rule.
inline std::strong_ordering CompareBySteps(const Point& a, const Point& b) {
  if (const auto steps = a.step <=> b.step; steps != 0) return steps;
  if (const auto times = a.timestamp_ms <=> b.timestamp_ms; times != 0) return times;
  if (const auto values = OrderedBits(a.value) <=> OrderedBits(b.value); values != 0) return values;
  return BitsOf(a.value) <=> BitsOf(b.value);
}

/// Orders by (timestamp, step, value): the order of a history.
inline std::strong_ordering CompareByTimes(const Point& a, const Point& b) {
  if (const auto times = a.timestamp_ms <=> b.timestamp_ms; times != 0) return times;
  return CompareBySteps(a, b);
}

inline bool StepsBefore(const Point& a, const Point& b) {
  return CompareBySteps(a, b) < 0;
}
inline bool TimesBefore(const Point& a, const Point& b) {
  return CompareByTimes(a, b) < 0;
}

}  // namespace orrery::tracking::internal
