#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/described.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/instant.h"

namespace orrery::sql {

/// Bytes as they are, next to text.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

/// What a column holds. Text is UTF-8 without NUL.
using Value = std::variant<std::monostate, int64_t, double, std::string, Blob>;

/// How a value is bound. One rule for both databases: a NaN is stored as NULL, so a column read into a plain
/// `double` turns NULL back into NaN, and an optional<double> column cannot hold NaN. Infinities are kept;
/// the sign of a zero need not be.
template <typename T>
Value ToValue(const T& member) {
  if constexpr (std::is_same_v<T, Value>) {
    return member;
  } else if constexpr (std::is_same_v<T, std::nullopt_t> || std::is_same_v<T, std::monostate>) {
    return std::monostate();
  } else if constexpr (std::is_same_v<T, bool>) {
    return static_cast<int64_t>(member);
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<int64_t>(member);
  } else if constexpr (std::is_floating_point_v<T>) {
    return member == member ? Value(static_cast<double>(member)) : Value(std::monostate());
  } else if constexpr (std::is_same_v<T, Instant>) {
    return member.time_since_epoch().count();
  } else if constexpr (std::is_same_v<T, Blob>) {
    return member;
  } else if constexpr (std::is_same_v<T, Digest>) {
    return member.text();
  } else if constexpr (DescribedEnum<T>) {
    return EnumName(member);
  } else if constexpr (requires { member.text(); }) {
    return std::string(member.text());
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(std::string_view(member));
  } else {
    return member ? ToValue(*member) : Value(std::monostate());  // std::optional
  }
}

}  // namespace orrery::sql
