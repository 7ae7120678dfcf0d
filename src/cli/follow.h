#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/client.h"
#include "cli/context.h"
#include "jobs/log_search.h"
#include "jobs/types.h"

namespace orrery::cli {

/// Takes a piece of a log; false ends the following.
using LogSink = std::function<bool(std::string_view)>;

/// Takes a line of a log that matches; false ends the search.
using MatchSink = std::function<bool(const jobs::LogMatch&)>;

/// Takes the answer to a search apart, as it comes.
class MatchReader {
 public:
  explicit MatchReader(MatchSink sink) : sink_(std::move(sink)) {}
  /// False: the sink has had enough. Errors: invalid_argument (not the answer to a search).
  bool Take(std::string_view bytes);

 private:
  MatchSink sink_;
  std::string line_;
};

/// Where a job's log is read.
std::string LogTarget(const std::string& job_id);

/// Hands a job's log to `sink` from `offset` on as it grows, until the job has ended and its whole log was handed over. A
/// server that goes away is waited for (30 s): the job goes on without it, and the log is taken up where it stood.
/// Errors: not_found, unavailable (the server stays away).
void FollowLog(Client& client, const std::string& job_id, Context& context, const LogSink& sink,
               uint64_t offset = 0);

/// The same with the lines that match; `query` has the pattern: "&grep=loss".
void FollowMatches(Client& client, const std::string& job_id, Context& context, const std::string& query,
                   const MatchSink& sink, int64_t offset = 0);

/// Waits until `job_id` has left the waiting states, showing why it waits on an interactive terminal.
jobs::Job WaitForStart(Client& client, const std::string& job_id, Context& context);

/// Waits until `job_id` has ended.
jobs::Job WaitForEnd(Client& client, const std::string& job_id, Context& context);

}  // namespace orrery::cli
