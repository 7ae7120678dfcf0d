#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <typeindex>

#include "base/json.h"

namespace orrery::http {

/// The component schemas of an OpenAPI document, gathered from described types as routes mention them.
class Schemas {
 public:
  /// The JSON schema of T: inline for plain values, a $ref for structs and enums.
  template <typename T>
  std::string Of();

  /// Every component so far: name -> schema as JSON text.
  const std::map<std::string, std::string>& components() const { return components_; }

 private:
  /// The component name for a type: its last name, with its namespace where another type took that.
  std::string NameFor(std::type_index type);
  template <Described T>
  std::string ObjectSchema();
  template <DescribedEnum E>
  static std::string EnumSchema();

  std::map<std::type_index, std::string> names_;
  std::map<std::string, std::string> components_;
};

/// Writes the schema of one type: what a route keeps of its types.
using SchemaOf = std::string (*)(Schemas&);

template <typename T>
std::string SchemaText(Schemas& schemas) {
  return schemas.Of<T>();
}

template <typename T>
std::string Schemas::Of() {
  using namespace orrery::internal;
  if constexpr (std::is_same_v<T, bool>) {
    return R"({"type":"boolean"})";
  } else if constexpr (std::is_integral_v<T>) {
    return sizeof(T) == 8 ? R"({"type":"integer","format":"int64"})" : R"({"type":"integer"})";
  } else if constexpr (std::is_floating_point_v<T>) {
    return R"({"type":"number"})";
  } else if constexpr (std::is_same_v<T, Instant>) {
    return R"({"type":"string","format":"date-time"})";
  } else if constexpr (std::is_same_v<T, json::value>) {
    return "{}";
  } else if constexpr (std::is_same_v<T, std::string> || IsId<T>::value || std::is_same_v<T, Digest>) {
    return R"({"type":"string"})";
  } else if constexpr (IsOptional<T>::value) {
    return Of<typename T::value_type>();
  } else if constexpr (IsVector<T>::value) {
    return R"({"type":"array","items":)" + Of<typename T::value_type>() + "}";
  } else if constexpr (IsMap<T>::value) {
    return R"({"type":"object","additionalProperties":)" + Of<typename T::mapped_type>() + "}";
  } else {
    const std::string name = NameFor(typeid(T));
    if (components_.emplace(name, "").second) {  // reserved first: a type may contain itself
      std::string schema;
      if constexpr (DescribedEnum<T>) {
        schema = EnumSchema<T>();
      } else {
        schema = ObjectSchema<T>();
      }
      components_[name] = std::move(schema);
    }
    return R"({"$ref":"#/components/schemas/)" + name + R"("})";
  }
}

template <DescribedEnum E>
std::string Schemas::EnumSchema() {
  std::vector<std::string> names;
  for (const auto& [value, name] : EnumNames<E>()) names.push_back(name);
  return R"({"type":"string","enum":)" + ToJson(names) + "}";
}

template <Described T>
std::string Schemas::ObjectSchema() {
  std::string out;
  std::vector<std::string> required;
  JsonWriter writer(out);
  writer.BeginObject();
  writer.Key("type");
  writer.String("object");
  writer.Key("properties");
  writer.BeginObject();
  ForEachMember<T>([&](std::string_view name, auto pointer) {
    using Member = std::remove_cvref_t<decltype(std::declval<T&>().*pointer)>;
    std::string schema = Of<Member>();
    if (const std::string_view text = DocOf<T>(name); !text.empty()) {
      // Beside a $ref too: OpenAPI 3.1 allows siblings.
      schema.back() = schema.size() > 2 ? ',' : ' ';
      schema += R"("description":)" + ToJson(std::string(text)) + "}";
    }
    writer.Key(name);
    writer.Raw(schema);
    if (IsRequired<T>(name)) required.emplace_back(name);
  });
  writer.EndObject();
  if (!required.empty()) {
    writer.Key("required");
    writer.Raw(ToJson(required));
  }
  writer.EndObject();
  return out;
}

}  // namespace orrery::http
