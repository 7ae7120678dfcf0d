#include "cli/log_matches.h"

#include <thread>

#include "base/error.h"
#include "cli/follow.h"

namespace orrery::cli {

bool MatchReader::Take(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    const std::string line = std::exchange(line_, {});
    // A stream that has nothing to say sends empty lines.
    if (!line.empty() && !sink_(FromJson<jobs::LogMatch, Reading::kLenient>(line))) return false;
  }
  return true;
}

void FollowMatches(Client& client, const std::string& job_id, Context& context, const std::string& query,
                   const MatchSink& sink, int64_t offset) {
  bool wanted = true;
  // As with a log that is followed: it is whole when a stream that was asked for after the job's end came to its own end.
  for (bool over = false;;) {
    // Of a stream that broke off the last line may be a piece.
    MatchReader reader([&](const jobs::LogMatch& match) {
      offset = match.offset + 1;
      wanted = sink(match);
      return wanted;
    });
    try {
      client.Follow(LogTarget(job_id) + "?follow=true&offset=" + std::to_string(offset) + query,
                    [&](std::string_view bytes) { return reader.Take(bytes); });
      if (over || !wanted) return;
    } catch (const Error& error) {
      // Away, or only silent for long: whether the server still answers is asked below.
      if (error.code() != Code::kUnavailable) throw;
    }
    over = jobs::IsTerminal(GetJob(client, job_id, context).state);
    if (!over) std::this_thread::sleep_for(kBetweenAsking);
  }
}

}  // namespace orrery::cli
