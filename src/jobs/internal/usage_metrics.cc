#include "jobs/internal/usage_metrics.h"

#include <string>

#include "tracking/types.h"

namespace orrery::jobs::internal {
namespace {

constexpr double kMega = 1e6;
const std::string kPrefix(tracking::kSystemMetrics);

double Percent(double part, double whole) {
  return 100 * part / whole;
}

double Megabytes(int64_t bytes) {
  return static_cast<double>(bytes) / kMega;
}

}  // namespace

std::vector<RunPoint> MetricsOf(const std::optional<UsageSample>& before, const UsageSample& sample,
                                const Given& given, int64_t step) {
  std::vector<RunPoint> points;
  const auto add = [&](const char* name, double value) {
    points.push_back({kPrefix + name, value, step, Instant(Microseconds(sample.at_us))});
  };
  if (before && sample.at_us > before->at_us && sample.cpu_us >= before->cpu_us) {
    const auto cpu_us = static_cast<double>(sample.cpu_us - before->cpu_us);
    const auto given_us = given.cpus * static_cast<double>(sample.at_us - before->at_us);
    add("cpu_utilization_percentage", Percent(cpu_us, given_us));
  }
  if (sample.memory_bytes > 0) {
    add("system_memory_usage_megabytes", Megabytes(sample.memory_bytes));
    add("system_memory_usage_percentage",
        Percent(static_cast<double>(sample.memory_bytes), static_cast<double>(given.memory_bytes)));
  }
  add("disk_read_megabytes", Megabytes(sample.read_bytes));
  add("disk_write_megabytes", Megabytes(sample.write_bytes));
  add("network_receive_megabytes", Megabytes(sample.rx_bytes));
  add("network_transmit_megabytes", Megabytes(sample.tx_bytes));
  return points;
}

std::vector<RunPoint> MetricsOf(const std::vector<GpuReading>& gpus, int64_t step, Instant at) {
  std::vector<RunPoint> points;
  for (size_t i = 0; i < gpus.size(); ++i) {
    const auto add = [&](const char* name, double value) {
      points.push_back({kPrefix + "gpu_" + std::to_string(i) + "_" + name, value, step, at});
    };
    const GpuReading& gpu = gpus[i];
    if (gpu.utilization) add("utilization_percentage", Percent(*gpu.utilization, 1));
    if (gpu.memory_used_bytes) {
      add("memory_usage_megabytes", Megabytes(*gpu.memory_used_bytes));
      if (gpu.memory_bytes.value_or(0) > 0) {
        add("memory_usage_percentage",
            Percent(static_cast<double>(*gpu.memory_used_bytes), static_cast<double>(*gpu.memory_bytes)));
      }
    }
    if (gpu.power_watts) add("power_usage_watts", *gpu.power_watts);
  }
  return points;
}

}  // namespace orrery::jobs::internal
