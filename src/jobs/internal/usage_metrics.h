#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "jobs/executor.h"
#include "jobs/run_keeper.h"

namespace orrery::jobs::internal {

/// What an attempt was given: its use is measured by it.
struct Given {
  double cpus = 1;
  int64_t memory_bytes = 0;
};

/// Says `sample` as metrics of the run, named as MLflow names those that it measures on a machine; docs/jobs.md lists
/// them. `before` is the sample before it: without one there is no share of processor time, and of an attempt that has ended
/// no memory.
std::vector<RunPoint> MetricsOf(const std::optional<UsageSample>& before, const UsageSample& sample,
                                const Given& given, int64_t step);

/// Says what an attempt's GPUs do as metrics; they are counted as the command counts them.
std::vector<RunPoint> MetricsOf(const std::vector<GpuReading>& gpus, int64_t step, Instant at);

}  // namespace orrery::jobs::internal
