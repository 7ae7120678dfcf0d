#pragma once

#include <string>

#include "base/file_system.h"
#include "jobs/record.h"

namespace orrery::jobs::local {

/// A virtual environment that is built once for each text of requirements and each interpreter, and then
/// shared.
///
/// The build is the first step of the attempt that finds none, under its supervisor: a server that dies takes
/// no build with it. Builders of the same environment wait for each other on a file lock. `complete` is
/// written last; what has no such file is removed and built again. (Scripts in a virtual environment carry
/// its path, so that it cannot be built elsewhere and renamed.)
struct CachedEnvironment {
  std::string directory;
  bool complete = false;

  /// The directory with its python and the commands of its packages.
  std::string Programs() const { return directory + "/bin"; }
};

/// Finds the environment for `requirements` and the interpreter `python` below `root`, built or not.
/// Errors: failed_precondition (there is no such interpreter).
CachedEnvironment FindEnvironment(FileSystem& files, const std::string& root, const std::string& python,
                                  const std::string& requirements);

/// Returns the program that builds an environment from the requirements in `requirements_file`; its output
/// tells people what it does. The caller fills in env and cwd.
record::Step BuildStep(const CachedEnvironment& environment, const std::string& python,
                       const std::string& requirements_file);

}  // namespace orrery::jobs::local
