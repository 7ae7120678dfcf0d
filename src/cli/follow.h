#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client.h"
#include "cli/context.h"
#include "jobs/types.h"

/// Follows jobs to their end. A server that goes away is waited for (30 s): jobs go on without it, and what is shown is
/// taken up where it stood. Errors of every call: not_found, unavailable (the server stays away).
namespace orrery::cli {

/// How long to wait before asking for a job once more.
inline constexpr std::chrono::milliseconds kBetweenAsking{200};

/// Takes a piece of a log; false ends the following.
using LogSink = std::function<bool(std::string_view)>;

/// Where a job's log is read.
std::string LogTarget(const std::string& id);

/// The job, from a server that may be away for a while.
jobs::Job GetJob(Client& client, const std::string& id, Context& context);

/// Where jobs stand, from a server that may be away for a while.
std::vector<jobs::JobStatus> GetStatuses(Client& client, const std::vector<jobs::JobId>& ids,
                                         Context& context);

/// Hands the log of each attempt to `sink` as it grows, from attempt `first` (0: the latest) until the job has ended,
/// and returns the job. `offset` is where the first log is begun. Meanwhile an interactive terminal shows why it waits, and standard error tells of attempts that
/// are followed by another.
jobs::Job FollowJob(Client& client, const std::string& id, Context& context, int first, const LogSink& sink,
                    uint64_t offset = 0);

/// Waits until job `id` has ended.
jobs::Job WaitForEnd(Client& client, const std::string& id, Context& context);

}  // namespace orrery::cli
