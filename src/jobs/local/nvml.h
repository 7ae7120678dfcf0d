#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jobs/executor.h"

namespace orrery::jobs::local {

/// Asks NVIDIA's driver through its management library, which is loaded when this program runs: it needs no library and
/// no driver to start. Safe to call from any thread.
class Nvml {
 public:
  /// Null where there is no such library, or no driver behind it.
  static std::unique_ptr<Nvml> Load(const std::string& library = "libnvidia-ml.so.1");
  ~Nvml();

  /// Lists the GPUs, and instead of one that is sliced (MIG) its slices.
  std::vector<GpuDevice> Devices() const;

  /// Reads all of them, in the order of Devices. Takes some milliseconds.
  std::vector<GpuReading> Sample() const;

 private:
  struct Calls;
  struct Found;
  explicit Nvml(std::unique_ptr<Calls> calls);
  std::vector<Found> Find() const;

  std::unique_ptr<Calls> calls_;
};

/// "H100" of "NVIDIA H100 80GB HBM3", "RTX4090" of "NVIDIA GeForce RTX 4090": makers, brands and sizes left out.
std::string GpuType(const std::string& product);

}  // namespace orrery::jobs::local
