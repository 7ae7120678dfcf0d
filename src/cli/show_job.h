#pragma once

#include "cli/client.h"
#include "cli/context.h"
#include "jobs/types.h"

namespace orrery::cli {

/// Says that `job` is submitted, and where its page is. Nothing with --json.
void AnnounceJob(Client& client, const jobs::Job& job, Context& context);

/// Shows why a submitted job waits, then its log, until it has ended; sets the exit code by its end. With --json it only
/// waits. Ctrl-C leaves the job running and says how to come back to it.
jobs::Job ShowToEnd(Client& client, const jobs::Job& job, Context& context);

/// One line on how a job ended.
void PrintEnd(const jobs::Job& job, Context& context);

}  // namespace orrery::cli
