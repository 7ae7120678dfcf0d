#pragma once

#include <string>
#include <string_view>

namespace orrery::jobs {

/// Returns the last lines of a log of which `end` is the end: at most 20 lines and 4 KiB, as valid UTF-8 without NULs.
std::string LogTail(std::string_view end);

}  // namespace orrery::jobs
