#pragma once

#include <string>

namespace orrery {

/// The exit status of a process that no longer knows what is on disk. Whoever watches it may start it again.
inline constexpr int kUnknownStateExit = 70;

/// Logs `reason` and ends the process at once: after a failed commit or fsync the kernel may have dropped what it could not
/// write, so that memory and disk differ, and only a new start from the disk is right.
[[noreturn]] void StopInUnknownState(const std::string& reason);

}  // namespace orrery
