#pragma once

#include <string>
#include <vector>

#include "cli/client.h"
#include "cli/context.h"
#include "jobs/types.h"

/// Jobs that were submitted in one go: an array, or those that a file lists.
namespace orrery::cli {

/// Says what was submitted, and how to come back to it. Nothing with --json.
void AnnounceJobs(const std::vector<jobs::Job>& jobs, Context& context);

/// Waits until all have ended: shows how far they are on an interactive terminal, each that does not succeed, and at last
/// the end of the log of the first ones that failed. The exit code says whether all succeeded. Ctrl-C leaves them running.
void FollowJobs(Client& client, const std::vector<jobs::Job>& jobs, Context& context);

/// The same jobs as they stand now, in the same order.
std::vector<jobs::Job> GetJobs(Client& client, const std::vector<jobs::Job>& jobs, Context& context);

}  // namespace orrery::cli
