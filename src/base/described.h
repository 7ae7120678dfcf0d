#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

namespace orrery {

/// A struct described once with BOOST_DESCRIBE_STRUCT; JSON, SQL rows and OpenAPI schemas derive from it.
///
/// Two optional static members refine it:
///   static constexpr std::string_view kRequired[] = {"name"};        // must be present in JSON input
///   static constexpr FieldDoc kDocs[] = {{"name", "One line."}};     // goes into the OpenAPI schema
template <typename T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <typename T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

struct FieldDoc {
  std::string_view field;
  std::string_view text;
};

template <Described T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public>;

/// Calls `visit(name, pointer_to_member)` for each member, in order.
template <Described T, typename Visit>
void ForEachMember(Visit&& visit) {
  boost::mp11::mp_for_each<MembersOf<T>>(
      [&](auto member) { visit(std::string_view(member.name), member.pointer); });
}

/// Whether JSON input must carry `field` of T.
template <Described T>
constexpr bool IsRequired(std::string_view field) {
  if constexpr (requires { T::kRequired; }) {
    for (const std::string_view required : T::kRequired) {
      if (required == field) return true;
    }
  }
  return false;
}

/// The line of documentation for `field` of T, or empty.
template <Described T>
constexpr std::string_view DocOf(std::string_view field) {
  if constexpr (requires { T::kDocs; }) {
    for (const FieldDoc& doc : T::kDocs) {
      if (doc.field == field) return doc.text;
    }
  }
  return {};
}

/// "kLaunchFailed" -> "LAUNCH_FAILED": how an enumerator travels and is stored.
std::string WireName(std::string_view enumerator);

/// The wire names of E, by enumerator order.
template <DescribedEnum E>
const std::vector<std::pair<E, std::string>>& EnumNames() {
  static const auto names = [] {
    std::vector<std::pair<E, std::string>> out;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
        [&](auto enumerator) { out.emplace_back(enumerator.value, WireName(enumerator.name)); });
    return out;
  }();
  return names;
}

template <DescribedEnum E>
const std::string& EnumName(E value) {
  for (const auto& [candidate, name] : EnumNames<E>()) {
    if (candidate == value) return name;
  }
  static const std::string kUnknown = "UNKNOWN";
  return kUnknown;
}

template <DescribedEnum E>
std::optional<E> EnumFromName(std::string_view name) {
  for (const auto& [value, candidate] : EnumNames<E>()) {
    if (candidate == name) return value;
  }
  return std::nullopt;
}

/// "A, B or C": for messages.
template <DescribedEnum E>
std::string EnumChoices() {
  std::string out;
  const auto& names = EnumNames<E>();
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i].second;
  }
  return out;
}

}  // namespace orrery
