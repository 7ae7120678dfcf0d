#pragma once

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstdint>
#include <map>
#include <string>

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
  /// Whether what of `need` is not nothing is covered: a kind that is not needed holds nobody up, even overdrawn.
  bool CoversKindsOf(const Resources& need) const {
    const auto covers = [](int64_t has, int64_t wanted) { return wanted == 0 || wanted <= has; };
    return covers(millicpus, need.millicpus) && covers(memory_bytes, need.memory_bytes) &&
           covers(gpus, need.gpus);
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
  friend Resources operator+(Resources a, const Resources& b) { return a += b; }
  friend Resources operator-(Resources a, const Resources& b) { return a -= b; }
  friend Resources operator*(const Resources& a, int64_t times) {
    return {a.millicpus * times, a.memory_bytes * times, a.gpus * times};
  }
  bool operator==(const Resources&) const = default;

  /// The lesser of the two in each kind.
  static Resources Least(const Resources& a, const Resources& b) {
    return {std::min(a.millicpus, b.millicpus), std::min(a.memory_bytes, b.memory_bytes),
            std::min(a.gpus, b.gpus)};
  }
};

/// What a machine has, or has free: its GPUs are counted by type ("H100"; "" where the type is not known).
struct NodeResources {
  int64_t millicpus = 0;
  int64_t memory_bytes = 0;
  std::map<std::string, int64_t> gpus;

  /// The same with the GPUs of all types together.
  Resources Sum() const {
    Resources sum{.millicpus = millicpus, .memory_bytes = memory_bytes};
    for (const auto& [type, count] : gpus) sum.gpus += count;
    return sum;
  }
  bool operator==(const NodeResources&) const = default;
};

}  // namespace orrery::jobs
