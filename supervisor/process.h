#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include "jobs/record.h"
#include "supervisor/control_groups.h"
#include "supervisor/descriptor.h"

namespace orrery::supervisor {

/// A step's leading process, or why there is none.
struct StartedStep {
  /// The process and its group have the same number. 0: it did not start.
  pid_t pid = 0;
  int error = 0;
  std::string message;
  /// It runs on the CPUs that it was to run on, if any were named.
  bool pinned = false;
};

/// Starts a step in a process group of its own and in `groups`: stdin from /dev/null, stdout and stderr appended to `log`.
/// It is killed when this process dies. Returns once the program has been executed, or could not be.
StartedStep StartStep(const jobs::record::Step& step, const jobs::record::LaunchRecord& launch,
                      ControlGroups& groups, const Descriptor& log);

/// Makes orphaned descendants our children, whatever group or session they moved to.
void AdoptOrphans();

/// Kills every descendant and reaps it. Needs AdoptOrphans before the first of them started.
void KillDescendants();

/// Returns how many processes the kernel killed on this machine for want of memory, since it was started.
std::int64_t OomKillsOnMachine();

/// Returns field 22 of /proc/self/stat: when this process started, in clock ticks since boot.
std::int64_t OwnStartTicks();

/// Returns the id of this boot of the machine.
std::string BootId();

}  // namespace orrery::supervisor
