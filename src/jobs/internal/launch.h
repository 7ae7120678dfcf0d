#pragma once

#include "jobs/executor.h"
#include "jobs/internal/job_store.h"
#include "jobs/script_settings.h"

namespace orrery::jobs::internal {

/// Says how to run the current attempt of `job`. Set for the command, whatever its spec says:
/// MLFLOW_TRACKING_URI, MLFLOW_RUN_ID, MLFLOW_EXPERIMENT_ID, ORRERY_JOB_ID, ORRERY_ATTEMPT, ORRERY_PARAMS (a
/// JSON object of strings); in an array ORRERY_ARRAY_INDEX and ORRERY_ARRAY_GROUP; with a seed ORRERY_SEED, and PYTHONHASHSEED unless the job sets it.
AttemptLaunch LaunchOf(const LiveJob& job, const ScriptSettings& settings);

}  // namespace orrery::jobs::internal
