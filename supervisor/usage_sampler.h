#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "supervisor/control_groups.h"
#include "supervisor/descriptor.h"

namespace orrery::supervisor {

/// Samples what an attempt uses, with all that it started, and appends each sample to its file `usage` as a line:
///
///   AT_US CPU_US MEMORY_BYTES READ_BYTES WRITE_BYTES RX_BYTES TX_BYTES
///
/// All but the memory count up from the attempt's start. Processor time and memory are those of its control groups, or
/// else the sum over its processes and, of the time, over those that ended. Bytes read and written are those that
/// reached disks. Network bytes are those of the machine's interfaces, whoever sent them: of a network namespace that
/// processes share nobody counts for each.
///
/// The first sample is due after 1 s, then one every 10 s, or more rarely when many processes make sampling itself cost
/// more than a thousandth of a CPU. A sample that a full disk cuts short is taken back.
class UsageSampler {
 public:
  /// Everything that starts from now on is counted. `groups` must outlive this object.
  UsageSampler(const ControlGroups& groups, Descriptor file);

  /// Becomes readable when a sample is due.
  int timer() const { return timer_.number(); }
  void TakeDue();

  /// To be called when no process of the attempt is left: there is no memory in this sample.
  void TakeLast();

 private:
  struct Amounts {
    std::int64_t cpu_us = 0;
    std::int64_t memory_bytes = 0;
    std::int64_t read_bytes = 0;
    std::int64_t write_bytes = 0;
  };
  struct Traffic {
    std::int64_t rx_bytes = 0;
    std::int64_t tx_bytes = 0;
  };
  void Note(const Amounts& now);
  Amounts Measure(const std::vector<pid_t>& processes) const;
  static Traffic TrafficOfInterfaces();
  void Append(const std::string& line);

  const ControlGroups& groups_;
  Descriptor file_;
  Descriptor timer_;
  std::int64_t started_at_us_;
  std::int64_t began_us_;  ///< by the clock that nobody sets
  Traffic traffic_before_;
  /// Of processes that ended in between, something may be missing: what counts up never goes back.
  Amounts most_;
  off_t length_ = 0;
};

}  // namespace orrery::supervisor
