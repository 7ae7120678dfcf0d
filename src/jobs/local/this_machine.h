#pragma once

#include <map>
#include <string>

#include "base/file_system.h"
#include "jobs/executor.h"

namespace orrery::jobs::local {

/// Describes this machine as far as this process may use it: its CPU set, control group limits, GPUs of
/// NVIDIA's driver.
ExecutorNode ThisMachine(FileSystem& files);

/// Picks what jobs inherit of the server's environment: the search path, language, temporary folder, proxies
/// and the package index. No credentials.
std::map<std::string, std::string> InheritedEnvironment(const std::map<std::string, std::string>& server);

}  // namespace orrery::jobs::local
