#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/client.h"
#include "cli/context.h"
#include "jobs/types.h"

namespace orrery::cli {

/// Takes a piece of a log; false ends the following.
using LogSink = std::function<bool(std::string_view)>;

/// Hands a job's log to `sink` as it grows, until the job has ended and its whole log was handed over. A server that goes
/// away is waited for (30 s): the job goes on without it, and the log is taken up where it stood.
/// Errors: not_found, unavailable (the server stays away).
void FollowLog(Client& client, const std::string& job_id, Context& context, const LogSink& sink);

/// Waits until `job_id` has left the waiting states, showing why it waits on an interactive terminal.
jobs::Job WaitForStart(Client& client, const std::string& job_id, Context& context);

/// Waits until `job_id` has ended.
jobs::Job WaitForEnd(Client& client, const std::string& job_id, Context& context);

}  // namespace orrery::cli
