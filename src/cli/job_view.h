#pragma once

#include <string>

#include "cli/client.h"
#include "cli/context.h"
#include "jobs/types.h"

/// One job for people to read.
namespace orrery::cli {

/// Prints what there is to know of a job: facts, steps, attempts, and the end of the log of the last one that failed.
void PrintJob(Client& client, const jobs::Job& job, Context& context);

/// Prints the last lines of the log of the latest attempt that failed, as the server keeps them; nothing when there are
/// none, or the job has succeeded after all.
void PrintLogTail(const jobs::Job& job, Context& context);

}  // namespace orrery::cli
