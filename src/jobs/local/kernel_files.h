#pragma once

#include <string>
#include <string_view>

#include "base/file_system.h"

namespace orrery::jobs::local {

/// Reads a file of the kernel's, which says that it is empty whatever it holds; empty when it cannot be read.
std::string ReadKernelFile(FileSystem& files, const std::string& path);

/// Writes a value to a file of the kernel's; false when it does not take it.
bool WriteKernelFile(FileSystem& files, const std::string& path, std::string_view value);

}  // namespace orrery::jobs::local
