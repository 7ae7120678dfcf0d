#include <algorithm>
#include <string>
#include <vector>

#include "jobs/amounts.h"
#include "jobs/scheduler.h"

namespace orrery::jobs {
namespace {

constexpr size_t kHoldersNamed = 2;

/// One kind of resource, and how it is told.
struct Dimension {
  int64_t Resources::*amount;
  std::string (*text)(int64_t);    ///< with its unit
  std::string (*number)(int64_t);  ///< where the unit was said before
  const char* suffix;
};

const Dimension kDimensions[] = {
    {&Resources::gpus, GpuText, [](int64_t n) { return std::to_string(n); }, ""},
    {&Resources::millicpus, CpuText, CpuNumber, ""},
    {&Resources::memory_bytes, MemoryText, MemoryText, " of memory"},
};

std::string ShortId(const std::string& id) {
  return id.substr(0, 8);
}

/// "job 3f2a19c0 (train)", with how many more.
std::string Holders(const ClusterState& state, const std::string& node, const Dimension& dimension) {
  std::vector<const RunningJob*> holders;
  for (const RunningJob& job : state.running) {
    const bool here = std::find(job.nodes.begin(), job.nodes.end(), node) != job.nodes.end();
    if (here && job.need.*dimension.amount > 0) holders.push_back(&job);
  }
  std::stable_sort(holders.begin(), holders.end(), [&](const RunningJob* a, const RunningJob* b) {
    return a->need.*dimension.amount > b->need.*dimension.amount;
  });
  std::string text;
  for (size_t i = 0; i < std::min(holders.size(), kHoldersNamed); ++i) {
    text += (i == 0 ? "job " : ", job ") + ShortId(holders[i]->id) + " (" + holders[i]->name + ")";
  }
  if (holders.size() > kHoldersNamed)
    text += " and " + std::to_string(holders.size() - kHoldersNamed) + " more";
  return text;
}

/// What is missing on `node`, one clause a kind: "needs 2 CPUs; 1.5 of 2 are held by ..., 0.5 free".
std::string MissingOn(const ClusterState& state, const SchedulerNode& node, const Resources& free,
                      const Resources& need) {
  std::string text;
  for (const Dimension& dimension : kDimensions) {
    const int64_t wants = need.*dimension.amount;
    const int64_t has = free.*dimension.amount;
    if (wants <= has) continue;
    const int64_t total = node.total.*dimension.amount;
    if (!text.empty()) text += "; ";
    text += "needs " + dimension.text(wants) + dimension.suffix + "; ";
    if (wants > total) {
      text += "this machine has " + dimension.number(total);
      continue;
    }
    text += dimension.number(total - has) + " of " + dimension.number(total) + " are held by " +
            Holders(state, node.name, dimension) + ", " + dimension.number(has) + " free";
  }
  return text;
}

/// Words for a gang or a cluster, where no single machine tells it all.
std::string MissingAcross(const WaitingJob& job, size_t able, size_t open) {
  std::string each = CpuText(job.need.millicpus) + " and " + MemoryText(job.need.memory_bytes) + " of memory";
  if (job.need.gpus > 0) each += " and " + GpuText(job.need.gpus);
  const std::string machines = job.nodes == 1 ? "a machine" : std::to_string(job.nodes) + " machines at once";
  return "needs " + machines + " with " + each + (job.nodes == 1 ? "" : " each") + "; " +
         std::to_string(open) + " of the " + std::to_string(able) + " that are large enough " +
         (open == 1 ? "has" : "have") + " that free";
}

}  // namespace

std::string WhyWaiting(const Decisions& decisions, size_t rank) {
  const ClusterState& state = decisions.after;
  const WaitingJob& job = state.waiting.at(rank);
  const auto free = FreeOf(state);
  size_t able = 0;
  size_t open = 0;
  for (const SchedulerNode& node : state.nodes) {
    if (node.total.Covers(job.need)) ++able;
    if (free.at(node.name).Covers(job.need)) ++open;
  }
  std::string text;
  if (static_cast<int>(open) >= job.nodes) {
    // It fits; what it would take is kept for the head.
    const auto head = std::find_if(state.waiting.begin(), state.waiting.end(),
                                   [&](const WaitingJob& other) { return other.id == decisions.head; });
    text = "waits behind job " + ShortId(decisions.head);
    if (head != state.waiting.end()) text += " (" + head->name + ")";
    text += ", which is next and for which the free resources are kept";
  } else if (state.nodes.size() == 1 && job.nodes == 1) {
    text = MissingOn(state, state.nodes[0], free.at(state.nodes[0].name), job.need);
  } else {
    text = MissingAcross(job, able, open);
  }
  return text + "; position " + std::to_string(rank + 1);
}

}  // namespace orrery::jobs
