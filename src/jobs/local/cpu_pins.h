#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "jobs/record.h"

namespace orrery::jobs::local {

/// The CPUs that an attempt's processes may run on, by their numbers; none: it is not pinned.
struct CpuPins {
  std::vector<int> cpus;
  /// With other attempts, and those that start later may take some away.
  bool shared = false;

  bool operator==(const CpuPins&) const = default;
};

/// Returns the CPUs that this process may run on, those of one core side by side and cores of one package too.
std::vector<int> CpusOfThisProcess(FileSystem& files);

/// Picks the CPUs of an attempt that asked for `cpus`, out of `pool` without those that are `taken`. A whole number gets as
/// many of its own, the last ones, since the first one has most of the machine's interrupts; the threads of one core
/// follow each other. A fraction shares all that are free. None when there are not enough.
CpuPins PickCpus(const std::vector<int>& pool, const std::set<int>& taken, double cpus);

/// Moves every thread of an attempt to other CPUs: of the processes in its groups, or else of all that descend from its
/// supervisor. Who is gone, or may not be moved, is passed over.
void MoveToCpus(FileSystem& files, const std::vector<record::Group>& groups, pid_t supervisor,
                const std::vector<int>& cpus);

}  // namespace orrery::jobs::local
