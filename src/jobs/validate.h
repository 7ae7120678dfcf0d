#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/executor.h"
#include "jobs/job_spec.h"
#include "jobs/queues.h"
#include "jobs/resources.h"

namespace orrery::jobs {

/// Checks everything about a spec that can be said without looking at the machine.
/// Errors: invalid_argument, naming the field, its value and what would be right.
void ValidateSpec(const JobSpec& spec);

/// Whether a queue can have this name: 1 to 64 letters, digits, '_', '-' or '.'.
bool IsQueueName(std::string_view name);

/// What a machine has in all.
Resources ResourcesOf(const ExecutorNode& node);

/// The same with its GPUs by type.
NodeResources CapacityOf(const ExecutorNode& node);

/// What the job needs of each of its machines.
Resources NeedOf(const JobSpec& spec);

/// Why a job of this spec could never run on `nodes`, in words ("needs 8 GPUs; this machine has 0"); none if
/// it could.
std::optional<std::string> WhyNever(const JobSpec& spec, const std::vector<ExecutorNode>& nodes);

/// Why a job of this spec could never run in queue `name`, in words ("needs 4 GPUs; queue night may hold 2 of 8");
/// none if it could.
std::optional<std::string> WhyNeverIn(const std::string& name, const QueueConfig& queue, const JobSpec& spec,
                                      const std::vector<ExecutorNode>& nodes);

}  // namespace orrery::jobs
