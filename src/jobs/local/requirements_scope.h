#pragma once

#include <functional>
#include <optional>
#include <string>

namespace orrery::jobs::local {

/// What a requirements file depends on, besides packages that come over the network: those are taken to be what they were
/// when they were first installed.
enum class Scope {
  kText,     ///< itself, the requirements files that it includes, and archives outside the code
  kCode,     ///< packages in the working directory too: `./package`
  kAttempt,  ///< files that anybody may change: an editable install, a path outside, or what could not be told
};

struct RequirementsScope {
  Scope scope = Scope::kText;
  /// The included files (-r, -c), each with its path, and what tells those archives from others: what decides, with the
  /// file's own text, what is installed.
  std::string included;
};

/// Reads `text` as pip does in the working directory. `read` returns an included file by its path relative to that; none:
/// there is no such file. `identify` returns what tells a file, by its absolute path, from one that takes its place later.
RequirementsScope ScopeOf(const std::string& text,
                          const std::function<std::optional<std::string>(const std::string&)>& read,
                          const std::function<std::optional<std::string>(const std::string&)>& identify);

}  // namespace orrery::jobs::local
