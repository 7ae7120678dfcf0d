#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "jobs/executor.h"
#include "jobs/local/nvml.h"

namespace orrery::jobs::local {

/// Describes this machine as far as this process may use it: its CPU set, control group limits, GPUs. Those are what
/// `nvml` (may be null) lists, or else one of no known type for each /dev/nvidiaN.
ExecutorNode ThisMachine(FileSystem& files, const Nvml* nvml);

/// Picks what jobs inherit of the server's environment: the search path, language, temporary folder, proxies
/// and the package index. No credentials.
std::map<std::string, std::string> InheritedEnvironment(const std::map<std::string, std::string>& server);

/// Returns the path of the first file called `program` in the directories of `search_path` (colons between them), or none.
std::optional<std::string> FindOnPath(FileSystem& files, const std::string& search_path,
                                      const std::string& program);

}  // namespace orrery::jobs::local
