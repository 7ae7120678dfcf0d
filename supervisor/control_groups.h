#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "jobs/record.h"

namespace orrery::supervisor {

/// The control groups of one attempt, of either version of the kernel's interface. What the kernel does not let us make
/// or join is left out, and then not told as enforced.
///
///   Make --> Enter a step's process before it executes anything --> Kill --> Remove
class ControlGroups {
 public:
  /// Only notes them: nothing is made. `groups` must outlive this object.
  explicit ControlGroups(const std::vector<jobs::record::Group>& groups);

  /// Makes the groups, where they are not there yet, and writes their settings.
  void Make();

  /// Puts a process in all groups; what starts from it stays in them.
  void Enter(pid_t process);

  /// Whether one of them limits `what`: "memory", "cpu", "pids", "cpuset".
  bool Limit(std::string_view what) const;
  /// "cgroup v1: memory, cpu, pids"; empty when there is no limit.
  std::string Describe() const;

  /// Returns how many processes in them the kernel killed for want of memory.
  std::int64_t OomKills() const;
  /// Return what was used in them; -1 when none of them counts it.
  std::int64_t CpuMicros() const;
  std::int64_t MemoryBytes() const;
  /// Returns the processes in them.
  std::vector<pid_t> Processes() const;

  /// Kills every process in them, whoever started it, also those that fork as fast as they can: nothing can be started in
  /// them any more before the next Make.
  void Kill() const;
  /// Removes the groups, made by this object or an earlier one. Nothing may run in them any more.
  void Remove() const;

 private:
  struct Entry {
    const jobs::record::Group* group;
    bool joined = false;
    std::vector<std::string> limits;
  };
  void Configure(Entry& entry);
  bool KillOneByOne() const;

  std::vector<Entry> entries_;
};

}  // namespace orrery::supervisor
