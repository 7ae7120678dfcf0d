#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/client.h"
#include "cli/context.h"
#include "jobs/log_search.h"

namespace orrery::cli {

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

/// Hands the lines of the latest attempt's log that match to `sink` as it grows, from `offset` on, until the job has ended;
/// `query` has the pattern: "&grep=loss". A server that goes away is waited for (30 s).
/// Errors: not_found, unavailable (the server stays away).
void FollowMatches(Client& client, const std::string& job_id, Context& context, const std::string& query,
                   const MatchSink& sink, int64_t offset = 0);

}  // namespace orrery::cli
