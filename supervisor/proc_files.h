#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::supervisor {

/// Reads a small file of the kernel's; empty when it cannot be read. At most 16 KiB.
std::string ReadKernelFile(const std::string& path);

/// Writes a value to a file of the kernel's. Returns errno or 0.
int WriteKernelFile(const std::string& path, std::string_view value);

/// Returns the number behind the word `name` at the beginning of a line of `text` ("oom_kill 3"); -1: there is none.
std::int64_t NumberBehind(std::string_view text, std::string_view name);

/// Returns a field of /proc/PID/stat; -1: there is none. Fields count from 3, the first one behind the program's name.
std::int64_t StatField(const std::string& stat, int field);

}  // namespace orrery::supervisor
