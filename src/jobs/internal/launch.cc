#include "jobs/internal/launch.h"

#include <csignal>

#include "base/json.h"

namespace orrery::jobs::internal {
namespace {

int SignalOf(CheckpointSignal signal) {
  switch (signal) {
    case CheckpointSignal::kTerm:
      return SIGTERM;
    case CheckpointSignal::kInt:
      return SIGINT;
    case CheckpointSignal::kUsr1:
      return SIGUSR1;
    case CheckpointSignal::kUsr2:
      return SIGUSR2;
    case CheckpointSignal::kHup:
      return SIGHUP;
  }
  return SIGTERM;
}

}  // namespace

AttemptLaunch LaunchOf(const LiveJob& job, const ScriptSettings& settings) {
  const JobSpec& spec = job.spec;
  const Attempt& attempt = job.standing.attempt.value();
  AttemptLaunch launch{.id = {job.id.text(), attempt.number},
                       .token = job.token,
                       .command = spec.command,
                       .env = spec.env,
                       .environment = spec.environment,
                       .cpus = spec.cpus,
                       .memory_bytes = spec.memory_bytes,
                       .gpus = spec.gpus,
                       .gpu_type = attempt.gpu_type.value_or(spec.gpu_type.value_or("")),
                       .checkpoint_signal = SignalOf(spec.checkpoint_signal),
                       .grace = std::chrono::seconds(spec.grace_seconds)};
  launch.env.insert(settings.env.begin(), settings.env.end());
  launch.env["MLFLOW_TRACKING_URI"] = settings.tracking_uri;
  launch.env["MLFLOW_RUN_ID"] = job.run_id;
  launch.env["MLFLOW_EXPERIMENT_ID"] = job.experiment_id;
  launch.env["ORRERY_JOB_ID"] = job.id.text();
  launch.env["ORRERY_ATTEMPT"] = std::to_string(attempt.number);
  launch.env["ORRERY_PARAMS"] = ToJson(spec.params);
  if (job.array_index) {
    launch.env["ORRERY_ARRAY_INDEX"] = std::to_string(*job.array_index);
    launch.env["ORRERY_ARRAY_GROUP"] = spec.group.value_or("");
  }
  if (spec.seed) {
    launch.env["ORRERY_SEED"] = std::to_string(*spec.seed);
    // Python takes 32 bits.
    launch.env.try_emplace("PYTHONHASHSEED", std::to_string(static_cast<uint32_t>(*spec.seed)));
  }
  if (spec.code) launch.manifest = spec.code->manifest;
  for (const InputSpec& input : spec.inputs) launch.inputs.push_back(input.path);
  if (spec.timeout_seconds) launch.timeout = std::chrono::seconds(*spec.timeout_seconds);
  return launch;
}

}  // namespace orrery::jobs::internal
