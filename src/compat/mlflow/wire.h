#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/described.h"
#include "base/json.h"
#include "http/message.h"

/// Reads requests as MLflow's server does, into described structs.
///
///   struct SetTag { static constexpr std::string_view kRequired[] = {"key"}; std::string key, value; };
///   BOOST_DESCRIBE_STRUCT(SetTag, (), (key, value))
///   const auto asked = ReadRequest<SetTag>(request);
///
/// Lenient where MLflow is: unknown fields are ignored, `run_id` may be spelled `runId`, integers and doubles
/// may be strings, non-finite doubles are "NaN", "Infinity", "-Infinity" or bare, an unknown enum name and a
/// null leave the field as it is, a JSON text holding JSON is read once more. Strict where leniency would
/// hide something: a field spelled twice, an ill-typed value, NUL in text, JSON that cannot be read, a query
/// beside a body. Errors: invalid_argument, with the path of the field.
namespace orrery::compat::mlflow {

/// A request's fields as one object, whichever way they travelled.
struct Fields {
  json::object object;
  bool from_query = false;  ///< every value is text; one text stands for a list of one
};

/// The fields of the query of a GET, of the body otherwise.
Fields ReadFields(const http::Request& request);
/// The fields of a body. Errors: invalid_argument.
Fields ReadBody(std::string_view text);

/// Where a value stands in the request; turned into text only for an error.
struct Place {
  const Place* parent = nullptr;
  std::string_view name;
  int64_t index = -1;
  std::string Text() const;
};

[[noreturn]] void RefuseMissing(const Place& place);

namespace internal {

/// Whether `key` is `name` or its camelCase form.
bool Spells(std::string_view key, std::string_view name);
[[noreturn]] void RefuseTwice(const Place& place);
[[noreturn]] void RefuseNul(const Place& place);

std::string ReadText(const json::value& in, const Place& place);
int64_t ReadInteger(const json::value& in, const Place& place);
double ReadNumber(const json::value& in, const Place& place);
bool ReadFlag(const json::value& in, const Place& place);
const json::array& ReadList(const json::value& in, const Place& place);
const json::object& ReadStruct(const json::value& in, const Place& place);
/// An enum travels by name or by its number in the protocol, which counts from 1.
std::optional<size_t> ReadEnumIndex(const json::value& in, const std::vector<std::string>& names,
                                    const Place& place);

template <DescribedEnum E>
std::optional<E> ReadEnum(const json::value& in, const Place& place) {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const auto& [value, name] : EnumNames<E>()) all.push_back(name);
    return all;
  }();
  const auto index = ReadEnumIndex(in, names, place);
  return index ? std::optional(EnumNames<E>()[*index].first) : std::nullopt;
}

}  // namespace internal

template <Described T>
T ReadObject(const json::object& object, const Place* at, bool from_query);

template <typename T>
void ReadMember(T& out, const json::value& in, const Place& place, bool from_query) {
  using namespace internal;
  using orrery::internal::IsOptional;
  using orrery::internal::IsVector;
  if constexpr (std::is_same_v<T, bool>) {
    out = ReadFlag(in, place);
  } else if constexpr (std::is_same_v<T, int64_t>) {
    out = ReadInteger(in, place);
  } else if constexpr (std::is_same_v<T, double>) {
    out = ReadNumber(in, place);
  } else if constexpr (std::is_same_v<T, std::string>) {
    out = ReadText(in, place);
  } else if constexpr (DescribedEnum<T>) {
    if (const auto value = ReadEnum<T>(in, place)) out = *value;
  } else if constexpr (IsOptional<T>::value) {
    using Value = typename T::value_type;
    if constexpr (DescribedEnum<Value>) {
      if (const auto value = ReadEnum<Value>(in, place)) out = value;
    } else {
      ReadMember(out.emplace(), in, place, from_query);
    }
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    for (const json::key_value_pair& field : ReadStruct(in, place)) {
      const std::string_view key(field.key().data(), field.key().size());
      if (key.find('\0') != std::string_view::npos) RefuseNul(place);
      ReadMember(out[std::string(key)], field.value(), Place{&place, key}, from_query);
    }
  } else if constexpr (IsVector<T>::value) {
    if (from_query && in.is_string()) {
      ReadMember(out.emplace_back(), in, place, from_query);
      return;
    }
    const json::array& items = ReadList(in, place);
    out.reserve(items.size());
    int64_t index = 0;
    for (const json::value& item : items) {
      const Place here{&place, {}, index++};
      ReadMember(out.emplace_back(), item, here, from_query);
    }
  } else {
    out = ReadObject<T>(ReadStruct(in, place), &place, from_query);
  }
}

/// Whether the request gave a value that counts: an empty text does not.
template <typename T>
bool IsGiven(const T& member) {
  if constexpr (std::is_same_v<T, std::string>) {
    return !member.empty();
  } else if constexpr (std::is_same_v<T, std::optional<std::string>>) {
    return member && !member->empty();
  } else {
    return true;
  }
}

template <Described T>
T ReadObject(const json::object& object, const Place* at, bool from_query) {
  T out{};
  uint64_t seen = 0;
  for (const json::key_value_pair& field : object) {
    const std::string_view spelled(field.key().data(), field.key().size());
    const json::value& value = field.value();
    uint64_t bit = 1;
    ForEachMember<T>([&](std::string_view name, auto pointer) {
      if (internal::Spells(spelled, name)) {
        const Place place{at, name};
        if ((seen & bit) != 0) internal::RefuseTwice(place);
        if (!value.is_null()) {
          seen |= bit;
          ReadMember(out.*pointer, value, place, from_query);
        }
      }
      bit <<= 1;
    });
  }
  uint64_t bit = 1;
  ForEachMember<T>([&](std::string_view name, auto pointer) {
    if (IsRequired<T>(name) && ((seen & bit) == 0 || !IsGiven(out.*pointer))) RefuseMissing({at, name});
    bit <<= 1;
  });
  return out;
}

template <Described T>
T ReadRequest(const http::Request& request) {
  const Fields fields = ReadFields(request);
  return ReadObject<T>(fields.object, nullptr, fields.from_query);
}

}  // namespace orrery::compat::mlflow
