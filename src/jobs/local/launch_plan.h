#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "jobs/executor.h"
#include "jobs/local/attempt_files.h"
#include "jobs/local/control_groups.h"
#include "jobs/local/cpu_pins.h"
#include "jobs/local/nvml.h"

namespace orrery::jobs::local {

/// What a LocalExecutor is told once.
struct LocalExecutorOptions {
  /// Holds jobs/, environments/ and bin/.
  std::string data_directory;
  /// Absolute path of the interpreter that environments are built with.
  std::string python;
  /// Absolute path of the program that solves conda environments; empty: one of the PATH.
  std::string conda;
  /// What every job finds in its environment (InheritedEnvironment).
  std::map<std::string, std::string> base_env;
  /// What jobs may use (ThisMachine).
  ExecutorNode node;
  /// What reads GPUs; null: nothing does. Must outlive the executor.
  const Nvml* nvml = nullptr;
  /// Of a log the first MiB and at least so many of its last bytes are kept; 0: all.
  std::int64_t log_keep_bytes = 0;
  /// The CPUs that attempts are pinned to (CpusOfThisProcess); none: they run anywhere.
  std::vector<int> cpus;
  /// Where attempts are limited; by default nowhere, and each process by itself.
  ControlGroups groups;
};

/// What of the machine an attempt gets.
struct Devices {
  std::vector<std::string> gpus;
  CpuPins cpus;
};

/// Refuses what no supervisor could execute. Errors: invalid_argument.
void CheckLaunch(const AttemptLaunch& launch);

/// Makes the record that a supervisor runs `launch` by: the environment's build where it is not there yet, then the
/// command. Errors: failed_precondition (no Python).
record::LaunchRecord PlanLaunch(FileSystem& files, const LocalExecutorOptions& options,
                                const AttemptLaunch& launch, const AttemptFiles& attempt,
                                const Devices& devices);

}  // namespace orrery::jobs::local
