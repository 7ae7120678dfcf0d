#pragma once

#include <string>

#include "cli/client.h"
#include "cli/context.h"
#include "jobs/types.h"

namespace orrery::cli {

/// Copies a job's log to standard output as it grows, until the job has ended. A server that goes away is waited for (30 s):
/// the job goes on without it, and the log is taken up where it stood.
/// Errors: not_found, unavailable (the server stays away).
void FollowLog(Client& client, const std::string& job_id, Context& context);

/// Waits until `job_id` has left the waiting states, showing why it waits on an interactive terminal.
jobs::Job WaitForStart(Client& client, const std::string& job_id, Context& context);

/// Waits until `job_id` has ended.
jobs::Job WaitForEnd(Client& client, const std::string& job_id, Context& context);

}  // namespace orrery::cli
