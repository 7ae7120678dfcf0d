#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "jobs/record.h"

namespace orrery::jobs::local {

/// Where this machine may have the GPU driver's libraries.
const std::vector<std::string>& DriverFolders();

/// What a command in an image needs of the machine's GPU driver, beside /dev: libraries that have to be of the same version
/// as the kernel's part. They are found there where any loader looks for libraries. Empty: there is no driver in `folders`.
std::vector<record::Mount> GpuDriver(FileSystem& files, const std::vector<std::string>& folders);

}  // namespace orrery::jobs::local
