#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/file_system.h"

namespace orrery::jobs::local {

/// Returns the bytes of the supervisor's program, which this one carries inside.
std::span<const std::byte> SupervisorImage();

/// Writes the supervisor below `directory`, unless it is there already, and returns its path. Its name
/// carries its digest: a new version never replaces a program that runs.
std::string InstallSupervisor(FileSystem& files, const std::string& directory);

}  // namespace orrery::jobs::local
