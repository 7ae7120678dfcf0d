#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/processes.h"
#include "jobs/environment_spec.h"
#include "jobs/local/attempt_files.h"
#include "jobs/local/launch_plan.h"
#include "jobs/record.h"

namespace orrery::jobs::local {

/// An environment that is built once for each text, what that refers to, and each program that builds it, and then shared.
///
///   DIRECTORY.lock       who builds it, gives it to an attempt or removes it holds a file lock on this
///   DIRECTORY/complete   written last; what has no such file is removed and built again
///   DIRECTORY/resolved/  one file, named after a field of EnvironmentSpec: the text that installs the same again
///   DIRECTORY/kilobytes  how large it was when it was built
///   DIRECTORY/used       touched for every attempt that it is given to
///   ATTEMPT/environment  leads to the one that the attempt was given
///
/// The build is the first step of an attempt, under its supervisor: a server that dies takes no build with it.
/// (Scripts in a virtual environment carry its path, so that it cannot be built elsewhere and renamed.)
struct CachedEnvironment {
  std::string directory;
  bool complete = false;

  /// The directory with its python and the commands of its packages.
  std::string Programs() const { return directory + "/bin"; }
};

/// What decides, beside the text of an attempt's environment, what is installed: the files that it includes, all of the
/// code, or which attempt it is.
struct Besides {
  std::string key;
  /// No other attempt can have the same.
  bool own = false;
};

/// Reads what the environment of `launch` refers to. The code must be laid out.
Besides BesidesOf(FileSystem& files, const AttemptLaunch& launch, const AttemptFiles& attempt);

/// Finds the environment for `chosen` and the program `builder` (an interpreter, a solver) below `root`, built or not.
/// `besides` is what decides, beside the text, what is installed. Errors: failed_precondition (there is no such
/// program).
CachedEnvironment FindEnvironment(FileSystem& files, const std::string& root, const std::string& builder,
                                  const ChosenEnvironment& chosen, const Besides& besides = {});

/// How an attempt comes to its environment, and what its command then finds.
struct EnvironmentPlan {
  /// The caller fills in env and cwd.
  record::Step build;
  std::map<std::string, std::string> variables;
  /// Leads PATH; empty: nothing does.
  std::string programs;
  std::optional<record::ImageRoot> image;
};

/// Plans the environment of `launch`, which must ask for one. Errors: failed_precondition (what builds it is not here).
EnvironmentPlan PlanEnvironment(FileSystem& files, const LocalExecutorOptions& options,
                                const AttemptLaunch& launch, const AttemptFiles& attempt);

/// Shell functions that every building step begins with: `hold DIRECTORY` takes its lock, `finish DIRECTORY` marks it as
/// complete, `give DIRECTORY ATTEMPT` hands it to the attempt.
extern const char kBuildFunctions[];
constexpr std::int64_t kBuildTimeoutMs = 60LL * 60 * 1000;

/// Returns the step that sees to it that a virtual environment of `python` is there, with the packages in the attempt's
/// file of the chosen kind, and gives it to the attempt. Its output tells people what it does.
record::Step PipStep(const CachedEnvironment& environment, const std::string& python,
                     const ChosenEnvironment& chosen, const AttemptFiles& attempt);

/// Returns the program that solves conda environments: the configured one, or micromamba, conda or mamba of the PATH.
std::optional<std::string> FindConda(FileSystem& files, const LocalExecutorOptions& options);

/// The same as PipStep for the attempt's file `conda` and the program `conda`. `stands_alone`: the text names nothing of the
/// working directory.
record::Step CondaStep(const CachedEnvironment& environment, const std::string& conda, bool stands_alone,
                       const AttemptFiles& attempt);

/// Returns the step that sees to it that the files of an image are below `root`, fetched by `podman` where they are not,
/// and gives them to the attempt.
record::Step ImageStep(const std::string& root, const std::string& podman, const std::string& image,
                       const AttemptFiles& attempt);

/// Returns why no image can be used here, in words that follow "it": there is no podman, or the kernel refuses
/// `supervisor` what entering one takes. None: nothing speaks against it.
std::optional<std::string> WhyNoImages(FileSystem& files, Processes& processes,
                                       const LocalExecutorOptions& options, const std::string& supervisor);

/// What the command of an attempt with an image finds: the image's files, and of the machine its job's directory,
/// its inputs, /tmp and how to reach the network.
record::ImageRoot ViewOfImage(FileSystem& files, const AttemptLaunch& launch, const AttemptFiles& attempt);

}  // namespace orrery::jobs::local
