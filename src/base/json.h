#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/described.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/instant.h"
#include "base/json_parse.h"
#include "base/json_writer.h"

/// Described types to and from JSON text.
///
///   struct Point { double x = 0; std::optional<std::string> label; };
///   BOOST_DESCRIBE_STRUCT(Point, (), (x, label))
///   ToJson(Point{1, {}})                      -> {"x":1.0}
///   FromJson<Point>(R"({"x":"a"})")           -> Error invalid_argument, field "x"
///
/// Supported: bool, integers, double, std::string, Instant, Id, Digest, described enums and structs,
/// std::optional (absent when empty), std::vector, std::map<std::string, T>, json::value. Reading is strict:
/// unknown fields, wrong types, numbers out of range and missing required fields are invalid_argument with
/// the field's path.
namespace orrery {

namespace internal {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsMap : std::false_type {};
template <typename T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <typename T>
struct IsId : std::false_type {};
template <typename Tag>
struct IsId<Id<Tag>> : std::true_type {};

bool ReadBool(const json::value& in, const std::string& path);
int64_t ReadInt(const json::value& in, const std::string& path, int64_t least, int64_t most);
uint64_t ReadUint(const json::value& in, const std::string& path, uint64_t most);
double ReadDouble(const json::value& in, const std::string& path);
double ReadAnyDouble(const json::value& in, const std::string& path);
std::string ReadString(const json::value& in, const std::string& path);
const json::array& ReadArray(const json::value& in, const std::string& path);
const json::object& ReadObject(const json::value& in, const std::string& path);
std::string Join(const std::string& path, std::string_view field);

}  // namespace internal

template <typename T>
void WriteJson(JsonWriter& out, const T& value) {
  using namespace internal;
  if constexpr (std::is_same_v<T, bool>) {
    out.Bool(value);
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    out.Int(value);
  } else if constexpr (std::is_integral_v<T>) {
    out.Uint(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    out.Double(value);
  } else if constexpr (std::is_same_v<T, Instant>) {
    out.String(FormatInstant(value));
  } else if constexpr (std::is_same_v<T, json::value>) {
    out.Raw(json::serialize(value));
  } else if constexpr (DescribedEnum<T>) {
    out.String(EnumName(value));
  } else if constexpr (IsId<T>::value || std::is_same_v<T, Digest>) {
    out.String(value.text());
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    out.String(value);
  } else if constexpr (IsOptional<T>::value) {
    if (value) {
      WriteJson(out, *value);
    } else {
      out.Null();
    }
  } else if constexpr (IsVector<T>::value) {
    out.BeginArray();
    for (const auto& item : value) WriteJson(out, item);
    out.EndArray();
  } else if constexpr (IsMap<T>::value) {
    out.BeginObject();
    for (const auto& [key, item] : value) {
      out.Key(key);
      WriteJson(out, item);
    }
    out.EndObject();
  } else {
    static_assert(Described<T>, "describe the type with BOOST_DESCRIBE_STRUCT");
    out.BeginObject();
    ForEachMember<T>([&](std::string_view name, auto pointer) {
      const auto& member = value.*pointer;
      if constexpr (IsOptional<std::remove_cvref_t<decltype(member)>>::value) {
        if (!member) return;
      }
      out.Key(name);
      WriteJson(out, member);
    });
    out.EndObject();
  }
}

template <typename T>
std::string ToJson(const T& value) {
  std::string text;
  JsonWriter writer(text);
  WriteJson(writer, value);
  return text;
}

/// How input is read. Requests are strict; answers of a server, which may be newer than its client, lenient: unknown
/// fields are passed over, and "NaN", "Infinity" and "-Infinity" are numbers.
enum class Reading { kStrict, kLenient };

/// Reads `in`, found at `path` of the document (empty at the root).
template <typename T, Reading kReading = Reading::kStrict>
T ReadJson(const json::value& in, const std::string& path = {}) {
  using namespace internal;
  if constexpr (std::is_same_v<T, bool>) {
    return ReadBool(in, path);
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    return static_cast<T>(ReadInt(in, path, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(ReadUint(in, path, std::numeric_limits<T>::max()));
  } else if constexpr (std::is_floating_point_v<T>) {
    if constexpr (kReading == Reading::kLenient) return ReadAnyDouble(in, path);
    return ReadDouble(in, path);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return ReadString(in, path);
  } else if constexpr (std::is_same_v<T, json::value>) {
    return in;
  } else if constexpr (std::is_same_v<T, Instant>) {
    try {
      return ParseInstant(ReadString(in, path));
    } catch (const Error& error) {
      throw InvalidField(path, error.what());
    }
  } else if constexpr (IsId<T>::value) {
    return T::Parse(ReadString(in, path));
  } else if constexpr (std::is_same_v<T, Digest>) {
    return Digest::Parse(ReadString(in, path), path);
  } else if constexpr (DescribedEnum<T>) {
    const std::string name = ReadString(in, path);
    const auto value = EnumFromName<T>(name);
    if (!value) throw InvalidField(path, "expected " + EnumChoices<T>() + ", got " + Quoted(name));
    return *value;
  } else if constexpr (IsOptional<T>::value) {
    if (in.is_null()) return std::nullopt;
    return ReadJson<typename T::value_type, kReading>(in, path);
  } else if constexpr (IsVector<T>::value) {
    T out;
    const json::array& items = ReadArray(in, path);
    out.reserve(items.size());
    for (size_t i = 0; i < items.size(); ++i) {
      out.push_back(
          ReadJson<typename T::value_type, kReading>(items[i], path + "[" + std::to_string(i) + "]"));
    }
    return out;
  } else if constexpr (IsMap<T>::value) {
    T out;
    for (const auto& [key, item] : ReadObject(in, path)) {
      const std::string name(key.data(), key.size());
      out.emplace(name, ReadJson<typename T::mapped_type, kReading>(item, Join(path, name)));
    }
    return out;
  } else {
    static_assert(Described<T>, "describe the type with BOOST_DESCRIBE_STRUCT");
    T out{};
    const json::object& object = ReadObject(in, path);
    size_t known = 0;
    ForEachMember<T>([&](std::string_view name, auto pointer) {
      const json::value* found = object.if_contains(name);
      if (found == nullptr) {
        if (IsRequired<T>(name)) throw InvalidField(Join(path, name), "required field is missing");
        return;
      }
      ++known;
      using Member = std::remove_cvref_t<decltype(out.*pointer)>;
      out.*pointer = ReadJson<Member, kReading>(*found, Join(path, name));
    });
    if (kReading == Reading::kStrict && known != object.size()) {
      for (const auto& [key, item] : object) {
        const std::string_view field = key;
        bool here = false;
        ForEachMember<T>([&, field](std::string_view name, auto) { here = here || name == field; });
        if (!here) throw InvalidField(Join(path, field), "no such field");
      }
    }
    return out;
  }
}

template <typename T, Reading kReading = Reading::kStrict>
T FromJson(std::string_view text) {
  return ReadJson<T, kReading>(ParseJson(text));
}

}  // namespace orrery
