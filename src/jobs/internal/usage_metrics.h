#pragma once

#include <cstdint>
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
/// them. `before` is the sample before it; for the first one the attempt's start, with all amounts 0.
std::vector<RunPoint> MetricsOf(const UsageSample& before, const UsageSample& sample, const Given& given,
                                int64_t step);

/// Says what an attempt's GPUs do as metrics; they are counted as the command counts them.
std::vector<RunPoint> MetricsOf(const std::vector<GpuReading>& gpus, int64_t step, Instant at);

}  // namespace orrery::jobs::internal
