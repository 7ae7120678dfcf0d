#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/json.h"
#include "base/yaml.h"

namespace orrery {

using Environment = std::map<std::string, std::string>;

/// This process's environment.
Environment CurrentEnvironment();

/// "ORRERY_HOST_NAMES" for "host_names".
std::string VariableFor(std::string_view field);

namespace internal {
json::value ReadConfigFile(FileSystem& files, const std::string& path);
}  // namespace internal

/// Reads a described configuration: its defaults, then the YAML file at `path` (if given), then ORRERY_FIELD
/// variables, each read as YAML too, so that lists and numbers work alike (`ORRERY_HOST_NAMES=[a, b]`).
/// Errors: invalid_argument, naming the file or variable and the field; not_found (the file).
template <Described T>
T LoadConfig(FileSystem& files, const std::optional<std::string>& path, const Environment& environment) {
  json::object merged;
  if (path) {
    const json::value file = internal::ReadConfigFile(files, *path);
    if (!file.is_null()) merged = internal::ReadObject(file, "");
  }
  ForEachMember<T>([&](std::string_view name, auto pointer) {
    using Member = std::remove_cvref_t<decltype(std::declval<T>().*pointer)>;
    const auto variable = environment.find(VariableFor(name));
    if (variable == environment.end()) return;
    if constexpr (std::is_same_v<Member, std::string>) {
      merged[name] = variable->second;  // a path or a token is what it is, even if it reads as a number
    } else {
      merged[name] = ParseYaml(variable->second);
    }
  });
  try {
    return ReadJson<T>(merged);
  } catch (const Error& error) {
    throw Error(error.code(), std::string("configuration: ") + error.what(), error.field());
  }
}

}  // namespace orrery
