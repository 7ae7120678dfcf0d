#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file_system.h"
#include "base/instant.h"

namespace orrery::jobs::local {

/// What a sweep did, and what it left.
struct SweptEnvironments {
  int removed = 0;
  std::int64_t removed_bytes = 0;
  int kept = 0;
  std::int64_t kept_bytes = 0;
};

/// Names of environments that belong to one attempt begin with this.
inline constexpr char kOwnEnvironment[] = "attempt-";

/// Removes the environments (jobs/local/environment.h) below `root` that no attempt was given since `before`, and those of
/// one attempt's own; never one that somebody builds, or of which `in_use` says so. A sweep that is cut short leaves nothing
/// that could be taken for an environment. Errors: those of FileSystem.
SweptEnvironments SweepEnvironments(FileSystem& files, const std::string& root, Instant before,
                                    const std::function<bool(const std::string& directory)>& in_use);

}  // namespace orrery::jobs::local
