#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "jobs/executor.h"
#include "jobs/record.h"

namespace orrery::jobs::local {

/// A place of the control group file system below which this process may make groups.
struct GroupPlace {
  /// 1 or 2, the version of the kernel's interface.
  int version = 0;
  std::string directory;
  /// What can be limited there: of "memory", "cpu", "pids", and "cpuacct", which only counts. None: groups there only
  /// hold processes together.
  std::vector<std::string> controllers;

  bool operator==(const GroupPlace&) const = default;
};

/// Where attempts of one data folder get their control groups: below the group that the server itself was started in, so
/// that what limits the server limits its jobs. Groups are named by data folder, job and attempt.
///
///   PLACE/orrery-FOLDER-JOB.NUMBER     made and removed by the attempt's supervisor
class ControlGroups {
 public:
  ControlGroups() = default;
  ControlGroups(std::vector<GroupPlace> places, const std::string& data_directory);

  /// Returns the groups for an attempt, for its launch record.
  std::vector<record::Group> For(const AttemptId& id, double cpus, std::int64_t memory_bytes) const;

  /// Kills and removes what is left of attempts that are not `alive`.
  void Sweep(FileSystem& files, const std::function<bool(const AttemptId&)>& alive) const;

  const std::vector<GroupPlace>& places() const { return places_; }

 private:
  std::vector<GroupPlace> places_;
  std::string prefix_;
};

/// Finds the places from the texts of /proc/self/cgroup and /proc/self/mountinfo: those where a group can be made. Under
/// version 2 this process moves to a group of its own, PLACE/orrery-server, if it is alone: the kernel limits only groups
/// beside which no process is left.
std::vector<GroupPlace> FindGroupPlaces(FileSystem& files, std::string_view own_groups,
                                        std::string_view mounts);

/// The same for this process as it is.
std::vector<GroupPlace> FindGroupPlaces(FileSystem& files);

/// Kills whatever is in these groups and removes them; does nothing for those that are gone.
void ClearGroups(FileSystem& files, const std::vector<record::Group>& groups);

/// How many processes and threads an attempt with `cpus` CPUs may have.
std::int64_t ProcessLimit(double cpus);

}  // namespace orrery::jobs::local
