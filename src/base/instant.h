#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace orrery {

using Microseconds = std::chrono::microseconds;

/// A point in time: UTC, microseconds.
using Instant = std::chrono::sys_time<Microseconds>;

/// RFC 3339 in UTC with six decimals: "2013-01-01T05:15:00.000000Z". Years 0000 to 9999.
std::string FormatInstant(Instant instant);

/// Reads RFC 3339 with a zone ("Z" or "+hh:mm") and zero to six decimals.
/// Errors: invalid_argument (no zone, not a real date, more decimals).
Instant ParseInstant(std::string_view text);

/// Milliseconds since the epoch, rounded down: MLflow's wire form.
inline int64_t ToMillis(Instant instant) {
  return std::chrono::floor<std::chrono::milliseconds>(instant).time_since_epoch().count();
}
inline Instant FromMillis(int64_t millis) {
  return Instant(std::chrono::milliseconds(millis));
}

}  // namespace orrery
