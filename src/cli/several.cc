#include "cli/several.h"

#include <algorithm>
#include <ostream>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "cli/follow.h"
#include "cli/interrupt.h"
#include "cli/job_text.h"
#include "cli/job_view.h"
#include "cli/live_line.h"
#include "cli/progress.h"
#include "jobs/query.h"

namespace orrery::cli {
namespace {

constexpr size_t kMostTold = 20;
constexpr size_t kMostTails = 3;

std::set<std::string> GroupsOf(const std::vector<jobs::Job>& jobs) {
  std::set<std::string> groups;
  for (const jobs::Job& job : jobs) {
    if (job.group) groups.insert(*job.group);
  }
  return groups;
}

/// How to come back to them, by each of their groups.
std::string WaysBack(const std::vector<jobs::Job>& jobs) {
  std::string text;
  for (const std::string& group : GroupsOf(jobs)) {
    text +=
        "List    orrery jobs --group " + group + "\n" + "Cancel  orrery jobs cancel --group " + group + "\n";
  }
  return text;
}

/// "prepare, train, report"; of many the first and the last.
std::string NamesOf(const std::vector<jobs::Job>& jobs) {
  constexpr size_t kMostNamed = 4;
  if (jobs.size() > kMostNamed) return jobs.front().name + " to " + jobs.back().name;
  std::string names;
  for (const jobs::Job& job : jobs) names += (names.empty() ? "" : ", ") + job.name;
  return names;
}

/// Says of jobs that they did not succeed, as they end; of many only the first.
class Fallen {
 public:
  explicit Fallen(Context& context) : context_(context) {}

  void Tell(const std::vector<jobs::JobStatus>& fallen) {
    for (const jobs::JobStatus& job : fallen) {
      if (job.state == jobs::JobState::kFailed && failed_.size() < kMostTails) failed_.push_back(job.id);
      if (++told_ > kMostTold) continue;
      context_.out << Tinted(context_.terminal, TintOf(job.state), EnumName(job.state)) << " " << job.name
                   << " (" << job.id.text() << "): " << job.reason << "\n";
    }
    context_.out << std::flush;
  }
  void PrintTails(Client& client) const {
    for (const jobs::JobId& id : failed_) {
      const jobs::Job job = GetJob(client, id.text(), context_);
      PrintLogTail(job, context_);
    }
  }
  size_t untold() const { return told_ > kMostTold ? told_ - kMostTold : 0; }

 private:
  Context& context_;
  std::vector<jobs::JobId> failed_;  ///< the first ones
  size_t told_ = 0;
};

/// Asks for those that have not ended until there are none. Many are asked for less often, by what the asking takes.
void WatchToEnd(Client& client, Progress& progress, Fallen& fallen, Context& context) {
  constexpr int kShareOfTime = 10;
  LiveLine line(context);
  for (auto live = progress.Live(); !live.empty(); live = progress.Live()) {
    const auto began = context.clock.Monotonic();
    const auto ended = progress.Take(GetStatuses(client, live, context));
    if (!ended.empty() && !context.json) {
      line.Clear();
      fallen.Tell(ended);
    }
    line.Show(progress.Text());
    if (progress.Live().empty()) return;
    const auto took = context.clock.Monotonic() - began;
    std::this_thread::sleep_for(std::max<std::chrono::nanoseconds>(kBetweenAsking, kShareOfTime * took));
  }
}

}  // namespace

void AnnounceJobs(const std::vector<jobs::Job>& jobs, Context& context) {
  if (context.json) return;
  context.out << jobs.size() << (jobs.size() == 1 ? " job is" : " jobs are")
              << " submitted: " << NamesOf(jobs) << "\n"
              << WaysBack(jobs) << std::flush;
}

void FollowJobs(Client& client, const std::vector<jobs::Job>& jobs, Context& context) {
  const InterruptFarewell farewell("\nThe jobs go on without this terminal.\n" + WaysBack(jobs));
  Progress progress(jobs);
  Fallen fallen(context);
  WatchToEnd(client, progress, fallen, context);
  context.exit_code = progress.all_succeeded() ? kOk : kFailed;
  if (context.json) return;
  if (fallen.untold() > 0) context.out << "and " << fallen.untold() << " more\n";
  context.out << "\n" << progress.Text() << "\n";
  fallen.PrintTails(client);
}

std::vector<jobs::Job> GetJobs(Client& client, const std::vector<jobs::Job>& jobs, Context& context) {
  std::vector<jobs::Job> now;
  now.reserve(jobs.size());
  for (const jobs::Job& job : jobs) now.push_back(GetJob(client, job.id.text(), context));
  return now;
}

}  // namespace orrery::cli
