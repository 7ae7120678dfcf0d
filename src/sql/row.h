#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "sql/value.h"

namespace orrery::sql {

/// The row that a statement stands on; valid until the next step. Columns count from 0.
/// Errors: data_loss when a stored value is not of the asked type (a damaged database, never a caller's
/// fault).
class Row {
 public:
  virtual ~Row() = default;
  virtual size_t size() const = 0;
  virtual bool IsNull(size_t column) const = 0;
  virtual int64_t Int(size_t column) const = 0;
  virtual double Double(size_t column) const = 0;
  /// Text and blobs without a copy.
  virtual std::string_view Bytes(size_t column) const = 0;
};

/// Reads one column as T: integers, bool, double (NULL is NaN), std::string, Blob, Instant, Digest, Id,
/// described enums, and std::optional of these.
template <typename T>
T Get(const Row& row, size_t column) {
  if constexpr (std::is_same_v<T, double>) {
    return row.IsNull(column) ? std::numeric_limits<double>::quiet_NaN() : row.Double(column);
  } else if constexpr (requires {
                         typename T::value_type;
                         T(std::nullopt);
                       }) {
    if (row.IsNull(column)) return std::nullopt;
    return Get<typename T::value_type>(row, column);
  } else if constexpr (std::is_same_v<T, bool>) {
    return row.Int(column) != 0;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(row.Int(column));
  } else if constexpr (std::is_same_v<T, Instant>) {
    return Instant(Microseconds(row.Int(column)));
  } else if constexpr (std::is_same_v<T, Blob>) {
    return Blob{std::string(row.Bytes(column))};
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string(row.Bytes(column));
  } else if constexpr (DescribedEnum<T>) {
    const auto value = EnumFromName<T>(row.Bytes(column));
    if (!value) throw Error(Code::kDataLoss, "stored enum value is unknown: " + Quoted(row.Bytes(column)));
    return *value;
  } else {
    return T::Parse(row.Bytes(column));  // Digest, Id
  }
}

/// Reads a described struct from consecutive columns, in the order of its members; anything else from one
/// column.
template <typename T>
T Read(const Row& row, size_t first = 0) {
  if constexpr (Described<T>) {
    T out{};
    size_t column = first;
    ForEachMember<T>([&](std::string_view, auto pointer) {
      out.*pointer = Get<std::remove_cvref_t<decltype(out.*pointer)>>(row, column++);
    });
    return out;
  } else {
    return Get<T>(row, first);
  }
}

/// "a, b, c": the members of T as a select list; with `alias`, "alias.a, alias.b, alias.c".
template <Described T>
std::string Columns(std::string_view alias = {}) {
  std::string out;
  ForEachMember<T>([&](std::string_view name, auto) {
    if (!out.empty()) out += ", ";
    if (!alias.empty()) (out += alias) += '.';
    out += name;
  });
  return out;
}

}  // namespace orrery::sql
