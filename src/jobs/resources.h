#pragma once

#include <cmath>
#include <compare>
#include <cstdint>

namespace orrery::jobs {

/// An amount of a machine. CPUs are counted in thousandths, so that sums are exact and nothing is ever
/// over-committed by rounding.
struct Resources {
  int64_t millicpus = 0;
  int64_t memory_bytes = 0;
  int64_t gpus = 0;

  /// What `cpus` CPUs are, rounded up to a thousandth.
  static int64_t MilliCpus(double cpus) { return static_cast<int64_t>(std::ceil(cpus * 1000 - 1e-6)); }

  bool Covers(const Resources& need) const {
    return millicpus >= need.millicpus && memory_bytes >= need.memory_bytes && gpus >= need.gpus;
  }
  Resources& operator+=(const Resources& other) {
    millicpus += other.millicpus;
    memory_bytes += other.memory_bytes;
    gpus += other.gpus;
    return *this;
  }
  Resources& operator-=(const Resources& other) {
    millicpus -= other.millicpus;
    memory_bytes -= other.memory_bytes;
    gpus -= other.gpus;
    return *this;
  }
  bool operator==(const Resources&) const = default;
};

}  // namespace orrery::jobs
