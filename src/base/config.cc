#include "base/config.h"

#include <unistd.h>

namespace orrery {

Environment CurrentEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string VariableFor(std::string_view field) {
  std::string name = "ORRERY_";
  for (const char c : field) name += (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

namespace internal {

json::value ReadConfigFile(FileSystem& files, const std::string& path) {
  try {
    return ParseYaml(files.ReadAll(path));
  } catch (const Error& error) {
    throw Error(error.code(), "configuration file " + path + ": " + error.what());
  }
}

}  // namespace internal
}  // namespace orrery
