#include "cli/follow.h"

#include <algorithm>
#include <ostream>
#include <thread>
#include <utility>

#include "base/error.h"
#include "cli/live_line.h"
#include "jobs/log_notice.h"

namespace orrery::cli {
namespace {

constexpr std::chrono::seconds kPatience{30};

/// What `ask` answers, from a server that may be away for as long as kPatience: it is restarted, and jobs go on.
template <typename F>
auto Patiently(Client& client, Context& context, F ask) {
  const auto began = context.clock.Monotonic();
  for (bool told = false;;) {
    try {
      if (told) client.FindAgain();
      return ask();
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

const jobs::Attempt* FindAttempt(const jobs::Job& job, int number) {
  const auto found = std::ranges::find(job.attempts, number, &jobs::Attempt::number);
  return found == job.attempts.end() ? nullptr : &*found;
}

/// Follows one job's attempts, one after the other.
class Follower {
 public:
  Follower(Client& client, const std::string& id, Context& context, const LogSink& sink)
      : client_(client), id_(id), context_(context), sink_(sink) {}

  jobs::Job ToEnd(int first, uint64_t offset) {
    int shown = first > 0 ? first - 1 : 0;
    for (bool latest = first == 0;; latest = false) {
      const jobs::Job job = WaitForMore(shown);
      const int newest = job.attempts.empty() ? 0 : job.attempts.back().number;
      if (newest <= shown) return job;
      if (latest) told_ = shown = newest - 1;
      while (shown < newest) {
        TellOfNext(job, shown);
        ShowAttempt(++shown, std::exchange(offset, 0));
        if (!wanted_) return GetJob(client_, id_, context_);
      }
    }
  }

 private:
  /// The job, once it has ended or has an attempt later than `shown` that has something to show.
  jobs::Job WaitForMore(int shown) {
    LiveLine line(context_);
    for (;;) {
      jobs::Job job = GetJob(client_, id_, context_);
      if (jobs::IsTerminal(job.state)) return job;
      const bool later = !job.attempts.empty() && job.attempts.back().number > shown;
      if (later && (job.state == jobs::JobState::kRunning || jobs::IsTerminal(job.attempts.back().state)))
        return job;
      TellOfNext(job, shown);
      line.Show(EnumName(job.state) + (job.reason.empty() ? "" : ": " + job.reason));
      std::this_thread::sleep_for(kBetweenAsking);
    }
  }

  /// Why attempt `number` is followed by another: the job is queued once before each attempt, and once more for the next.
  void TellOfNext(const jobs::Job& job, int number) {
    if (number <= told_) return;
    int queued = 0;
    for (const jobs::Transition& step : job.transitions) {
      if (step.state != jobs::JobState::kQueued || ++queued <= number) continue;
      context_.err << "orrery: attempt " << number << " is over: " << step.cause << "\n" << std::flush;
      told_ = number;
      return;
    }
  }

  /// A stream that ends says nothing of why: a server that drains ends it too. So the log is whole when a stream that
  /// was asked for after the attempt's end came to its own end.
  void ShowAttempt(int number, uint64_t offset) {
    jobs::LogPosition position(offset);
    const auto take = [&](std::string_view bytes) {
      position.Take(bytes);
      wanted_ = sink_(bytes);
      return wanted_;
    };
    for (bool over = false;;) {
      try {
        client_.Follow(LogTarget(id_) + "?follow=true&attempt=" + std::to_string(number) +
                           "&offset=" + std::to_string(position.offset()),
                       take);
        if (over || !wanted_) return;
      } catch (const Error& error) {
        // Away, or only silent for long: whether the server still answers is asked below.
        if (error.code() != Code::kUnavailable) throw;
      }
      const jobs::Job job = GetJob(client_, id_, context_);
      const jobs::Attempt* attempt = FindAttempt(job, number);
      over = attempt == nullptr || jobs::IsTerminal(attempt->state);
      if (!over) std::this_thread::sleep_for(kBetweenAsking);
    }
  }

  Client& client_;
  const std::string id_;
  Context& context_;
  const LogSink& sink_;
  bool wanted_ = true;
  int told_ = 0;  ///< the last attempt of which it was told that another one follows
};

}  // namespace

std::string LogTarget(const std::string& id) {
  return "/api/v1/jobs/" + net::EncodeComponent(id) + "/logs";
}

jobs::Job GetJob(Client& client, const std::string& id, Context& context) {
  return Patiently(client, context,
                   [&] { return client.Get<jobs::Job>("/api/v1/jobs/" + net::EncodeComponent(id)); });
}

std::vector<jobs::JobStatus> GetStatuses(Client& client, const std::vector<jobs::JobId>& ids,
                                         Context& context) {
  return Patiently(client, context, [&] {
    return client.Query<jobs::JobStatuses>("/api/v1/job-states", jobs::JobIds{ids}).jobs;
  });
}

jobs::Job FollowJob(Client& client, const std::string& id, Context& context, int first, const LogSink& sink,
                    uint64_t offset) {
  return Follower(client, id, context, sink).ToEnd(first, offset);
}

jobs::Job WaitForEnd(Client& client, const std::string& id, Context& context) {
  for (;;) {
    jobs::Job job = GetJob(client, id, context);
    if (jobs::IsTerminal(job.state)) return job;
    std::this_thread::sleep_for(kBetweenAsking);
  }
}

}  // namespace orrery::cli
