#pragma once

#include <string>

#include "base/file_system.h"
#include "jobs/environment_spec.h"
#include "jobs/local/attempt_files.h"
#include "jobs/record.h"

namespace orrery::jobs::local {

/// An environment that is built once for each text, what that refers to, and each program that builds it, and then shared.
///
///   DIRECTORY.lock       who builds it, or removes it, holds a file lock on this
///   DIRECTORY/complete   written last; what has no such file is removed and built again
///   DIRECTORY/resolved/  one file, named after a field of EnvironmentSpec: the text that installs the same again
///   DIRECTORY/used       touched by every attempt that uses it
///
/// The build is the first step of an attempt, under its supervisor: a server that dies takes no build with it.
/// (Scripts in a virtual environment carry its path, so that it cannot be built elsewhere and renamed.)
struct CachedEnvironment {
  std::string directory;
  bool complete = false;

  /// The directory with its python and the commands of its packages.
  std::string Programs() const { return directory + "/bin"; }
};

/// Finds the environment for `chosen` and the program `builder` (an interpreter, a solver) below `root`, built or not.
/// `besides` is what decides, beside the text, what is installed (Besides). Errors: failed_precondition (there is no such
/// program).
CachedEnvironment FindEnvironment(FileSystem& files, const std::string& root, const std::string& builder,
                                  const ChosenEnvironment& chosen, const std::string& besides = "");

/// What decides, beside the text of the attempt's environment, what is installed: the files that it includes, all of the
/// code, or which attempt it is. The code must be laid out.
std::string Besides(FileSystem& files, const AttemptLaunch& launch, const AttemptFiles& attempt);

/// Returns the step that sees to it that a virtual environment of `python` is there, with the packages in the attempt's
/// file of the chosen kind, and copies what they came to into the attempt's directory. Its output tells people what it
/// does. The caller fills in env and cwd.
record::Step PipStep(const CachedEnvironment& environment, const std::string& python,
                     const ChosenEnvironment& chosen, const AttemptFiles& attempt);

}  // namespace orrery::jobs::local
