#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/executor.h"
#include "jobs/job_spec.h"
#include "jobs/resources.h"

namespace orrery::jobs {

/// Checks everything about a spec that can be said without looking at the machine.
/// Errors: invalid_argument, naming the field, its value and what would be right.
void ValidateSpec(const JobSpec& spec);

/// What a machine has in all.
Resources ResourcesOf(const ExecutorNode& node);

/// The same with its GPUs by type.
NodeResources CapacityOf(const ExecutorNode& node);

/// What the job needs of each of its machines.
Resources NeedOf(const JobSpec& spec);

/// Why a job of this spec could never run on `nodes`, in words ("needs 8 GPUs; this machine has 0"); none if
/// it could.
std::optional<std::string> WhyNever(const JobSpec& spec, const std::vector<ExecutorNode>& nodes);

}  // namespace orrery::jobs
