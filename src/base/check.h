#pragma once

#include <sstream>

namespace orrery::internal {

/// Prints what was violated and aborts: a broken invariant must never reach disk.
[[noreturn]] void FailCheck(const char* file, int line, const std::string& what);

}  // namespace orrery::internal

/// Aborts when our own invariant `condition` does not hold. On in every build. Never for a caller's input.
#define ORRERY_CHECK(condition)                                      \
  do {                                                               \
    if (!(condition)) [[unlikely]]                                   \
      ::orrery::internal::FailCheck(__FILE__, __LINE__, #condition); \
  } while (false)

/// Like ORRERY_CHECK(a == b), printing both values.
#define ORRERY_CHECK_EQ(a, b)                                                         \
  do {                                                                                \
    const auto& orrery_a = (a);                                                       \
    const auto& orrery_b = (b);                                                       \
    if (!(orrery_a == orrery_b)) [[unlikely]] {                                       \
      std::ostringstream orrery_text;                                                 \
      orrery_text << #a " == " #b " (" << orrery_a << " against " << orrery_b << ")"; \
      ::orrery::internal::FailCheck(__FILE__, __LINE__, orrery_text.str());           \
    }                                                                                 \
  } while (false)
