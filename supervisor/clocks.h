#pragma once

#include <cstdint>
#include <ctime>

#include <sys/time.h>

namespace orrery::supervisor {

inline std::int64_t Micros(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

inline std::int64_t Micros(const timeval& time) {
  return time.tv_sec * 1'000'000LL + time.tv_usec;
}

/// Lets a timerfd expire once; 0: never.
void SetTimer(int timer, std::int64_t milliseconds);

}  // namespace orrery::supervisor
