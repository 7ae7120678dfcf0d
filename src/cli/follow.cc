#include "cli/follow.h"

#include <chrono>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>

#include "base/error.h"
#include "cli/job_text.h"
#include "jobs/log_notice.h"

namespace orrery::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kBetweenAsking{200};
constexpr seconds kPatience{30};

/// The job, from a server that may be away for as long as kPatience: it is restarted, and the job goes on.
jobs::Job GetJob(Client& client, const std::string& job_id, Context& context) {
  const auto began = context.clock.Monotonic();
  for (bool told = false;;) {
    try {
      if (told) client.FindAgain();
      return client.Get<jobs::Job>("/api/v1/jobs/" + net::EncodeComponent(job_id));
    } catch (const Error& error) {
      if (error.code() != Code::kUnavailable || context.clock.Monotonic() - began > kPatience) throw;
    }
    const std::string_view clear = context.terminal.interactive ? "\r\x1b[K" : "";
    if (!told)
      context.err << clear << "orrery: the server is away, the job goes on; asking again\n" << std::flush;
    told = true;
    std::this_thread::sleep_for(kBetweenAsking);
  }
}

/// Streams what `target` says at each begin, until the job has ended and all of it came.
void Follow(Client& client, const std::string& job_id, Context& context,
            const std::function<std::string()>& target, const LogSink& sink) {
  bool wanted = true;
  const auto take = [&](std::string_view bytes) {
    wanted = sink(bytes);
    return wanted;
  };
  // A stream that ends says nothing of why: a server that drains ends it too. So the log is whole when a stream that
  // was asked for after the job's end came to its own end.
  for (bool over = false;;) {
    try {
      client.Follow(target(), take);
      if (over || !wanted) return;
    } catch (const Error& error) {
      // Away, or only silent for long: whether the server still answers is asked below.
      if (error.code() != Code::kUnavailable) throw;
    }
    over = jobs::IsTerminal(GetJob(client, job_id, context).state);
    if (!over) std::this_thread::sleep_for(kBetweenAsking);
  }
}

}  // namespace

std::string LogTarget(const std::string& job_id) {
  return "/api/v1/jobs/" + net::EncodeComponent(job_id) + "/logs";
}

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

jobs::Job WaitForStart(Client& client, const std::string& job_id, Context& context) {
  std::string shown;
  for (;;) {
    jobs::Job job = GetJob(client, job_id, context);
    const bool waits = !jobs::IsTerminal(job.state) && job.state != jobs::JobState::kRunning;
    const std::string line = waits ? EnumName(job.state) + (job.reason.empty() ? "" : ": " + job.reason) : "";
    if (context.terminal.interactive && line != shown) {
      context.out << "\r\x1b[K" << FitText(line, context.terminal.width - 1) << std::flush;
      shown = line;
    }
    if (!waits) return job;
    std::this_thread::sleep_for(kBetweenAsking);
  }
}

jobs::Job WaitForEnd(Client& client, const std::string& job_id, Context& context) {
  for (;;) {
    jobs::Job job = GetJob(client, job_id, context);
    if (jobs::IsTerminal(job.state)) return job;
    std::this_thread::sleep_for(kBetweenAsking);
  }
}

void FollowLog(Client& client, const std::string& job_id, Context& context, const LogSink& sink,
               uint64_t offset) {
  jobs::LogPosition position(offset);
  const auto target = [&] {
    return LogTarget(job_id) + "?follow=true&offset=" + std::to_string(position.offset());
  };
  Follow(client, job_id, context, target, [&](std::string_view bytes) {
    position.Take(bytes);
    return sink(bytes);
  });
}

void FollowMatches(Client& client, const std::string& job_id, Context& context, const std::string& query,
                   const MatchSink& sink, int64_t offset) {
  std::optional<MatchReader> reader;
  // Of a stream that broke off the last line may be a piece.
  const auto target = [&] {
    reader.emplace([&](const jobs::LogMatch& match) {
      offset = match.offset + 1;
      return sink(match);
    });
    return LogTarget(job_id) + "?follow=true&offset=" + std::to_string(offset) + query;
  };
  Follow(client, job_id, context, target, [&](std::string_view bytes) { return reader->Take(bytes); });
}

}  // namespace orrery::cli
