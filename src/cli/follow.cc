#include "cli/follow.h"

#include <chrono>
#include <ostream>
#include <thread>

#include "base/error.h"
#include "cli/job_text.h"

namespace orrery::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{30};

/// Calls `action` again while the server is away, for as long as kPatience since it last answered.
template <typename F>
auto WithPatience(Context& context, F action) {
  const auto began = context.clock.Monotonic();
  for (;;) {
    try {
      return action();
    } catch (const Error& error) {
      if (error.code() != Code::kUnavailable || context.clock.Monotonic() - began > kPatience) throw;
    }
    std::this_thread::sleep_for(milliseconds(500));
  }
}

jobs::Job GetJob(Client& client, const std::string& job_id, Context& context) {
  return WithPatience(context,
                      [&] { return client.Get<jobs::Job>("/api/v1/jobs/" + net::EncodeComponent(job_id)); });
}

}  // namespace

jobs::Job WaitForStart(Client& client, const std::string& job_id, Context& context) {
  std::string shown;
  for (;;) {
    jobs::Job job = GetJob(client, job_id, context);
    const bool waits = !jobs::IsTerminal(job.state) && job.state != jobs::JobState::kRunning;
    std::string line = waits ? EnumName(job.state) + (job.reason.empty() ? "" : ": " + job.reason) : "";
    if (context.terminal.interactive && line != shown) {
      context.err << "\r\x1b[K" << FitText(line, context.terminal.width - 1) << std::flush;
      shown = line;
    }
    if (!waits) return job;
    std::this_thread::sleep_for(milliseconds(200));
  }
}

jobs::Job WaitForEnd(Client& client, const std::string& job_id, Context& context) {
  for (;;) {
    jobs::Job job = GetJob(client, job_id, context);
    if (jobs::IsTerminal(job.state)) return job;
    std::this_thread::sleep_for(milliseconds(200));
  }
}

void FollowLog(Client& client, const std::string& job_id, Context& context) {
  uint64_t offset = 0;
  for (;;) {
    WithPatience(context, [&] {
      client.Follow("/api/v1/jobs/" + net::EncodeComponent(job_id) +
                        "/logs?follow=true&offset=" + std::to_string(offset),
                    [&](std::string_view bytes) {
                      context.out << bytes << std::flush;
                      offset += bytes.size();
                      return bool(context.out);
                    });
    });
    // A stream that ends says nothing of why: a server that drains ends it too.
    if (!context.out || jobs::IsTerminal(GetJob(client, job_id, context).state)) return;
  }
}

}  // namespace orrery::cli
