#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "jobs/amounts.h"
#include "jobs/internal/turn_order.h"
#include "jobs/job_words.h"
#include "jobs/scheduler.h"

namespace orrery::jobs {
namespace {

using Entry = ClusterState::Entry;

constexpr size_t kHoldersNamed = 2;
// An end further away than this is no estimate that helps anybody.
constexpr int64_t kFarUs = 30LL * 86'400 * 1'000'000;

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

/// "14:05", with the day when it is another one.
std::string TimeText(int64_t us, int64_t now_us) {
  using std::chrono::days;
  const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(us)};
  const std::chrono::sys_time<std::chrono::microseconds> now{std::chrono::microseconds(now_us)};
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::hh_mm_ss time(at - day);
  char text[48];
  std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()));
  if (day == std::chrono::floor<days>(now)) return text;
  const std::chrono::year_month_day date(day);
  char dated[96];
  std::snprintf(dated, sizeof dated, "%04d-%02u-%02u %s", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), text);
  return dated;
}

std::string JobText(const Entry& entry) {
  return JobWords(entry.job.id, entry.job.name);
}

/// " until about 14:05"; nothing where the estimate says nothing.
std::string Until(const Entry& entry, int64_t now_us) {
  const int64_t end = entry.expected_end_us;
  if (entry.preempting) return ", which is ending";
  if (end <= now_us || end > now_us + kFarUs) return "";
  return " until about " + TimeText(end, now_us);
}

/// Explains one job; the state is the one after the decision.
class Explanation {
 public:
  Explanation(const ClusterState& state, const Decisions& decisions, int slot, int64_t now_us)
      : state_(state), decisions_(decisions), entry_(state.entry(slot)), now_us_(now_us) {}

  std::string Text() const {
    const auto& awaiting = decisions_.awaiting;
    if (std::find(awaiting.begin(), awaiting.end(), entry_.job.id) != awaiting.end()) return Awaiting();
    if (const std::string limit = Limit(); !limit.empty()) return limit;
    if (state_.free().Find(entry_.demand)) return Behind();
    const std::string missing =
        state_.total().nodes() == 1 && entry_.demand.nodes == 1 ? MissingHere() : MissingAcross();
    return missing + Expected();
  }

 private:
  const QueueConfig& config() const { return state_.queues()[static_cast<size_t>(entry_.queue)].config; }

  std::string TypeText() const {
    return entry_.job.gpu_type.empty() ? "" : " of type " + entry_.job.gpu_type;
  }

  std::string Awaiting() const {
    std::string ending;
    int64_t last_us = 0;
    for (const ClusterState::End& end : state_.ends()) {
      const Entry& other = state_.entry(end.slot);
      if (!other.preempting) continue;
      ending += (ending.empty() ? "" : ", ") + JobText(other);
      last_us = std::max(last_us, other.expected_end_us);
    }
    if (ending.empty()) return "preempts jobs that are being asked to end";
    const std::string by = last_us > now_us_ ? " by about " + TimeText(last_us, now_us_) : "";
    return "waits for " + ending + " to end" + by + ", which makes room for it";
  }

  std::string Limit() const {
    if (config().limit >= 1) return "";
    const ClusterState::Queue& queue = state_.queues()[static_cast<size_t>(entry_.queue)];
    const Resources need = entry_.demand.Total();
    const Resources limit = LimitOf(config(), state_.capacity());
    for (const Dimension& dimension : kDimensions) {
      const int64_t most = limit.*dimension.amount;
      const int64_t used = queue.used.*dimension.amount;
      if (need.*dimension.amount == 0 || used + need.*dimension.amount <= most) continue;
      return "needs " + dimension.text(need.*dimension.amount) + dimension.suffix + "; queue " + queue.name +
             " may hold " + dimension.number(most) + " and holds " + dimension.number(used);
    }
    return "";
  }

  std::string Behind() const {
    const auto& reservation = decisions_.reservation;
    if (!reservation || reservation->job_id == entry_.job.id)
      return "waits behind earlier jobs of queue " + entry_.job.queue;
    const auto head = state_.Find(reservation->job_id);
    std::string text = "waits behind ";
    text += head ? JobText(state_.entry(*head)) : "job " + ShortId(reservation->job_id);
    text += ", which is next";
    if (reservation->at_us > now_us_ && reservation->at_us <= now_us_ + kFarUs)
      text += " at about " + TimeText(reservation->at_us, now_us_);
    return text + " and for which the free resources are kept";
  }

  /// " held by job 3f2a19c0 (train) until about 14:05", with how many more.
  std::string Holders(const Dimension& dimension, int gpu_type) const {
    std::vector<const Entry*> holders;
    for (const ClusterState::End& end : state_.ends()) {
      const Entry& other = state_.entry(end.slot);
      const bool other_type =
          dimension.amount == &Resources::gpus && gpu_type >= 0 && other.spot.gpu_type != gpu_type;
      if (other.job.need.*dimension.amount > 0 && !other.spot.nodes.empty() && !other_type)
        holders.push_back(&other);
    }
    std::stable_sort(holders.begin(), holders.end(), [&](const Entry* a, const Entry* b) {
      return a->job.need.*dimension.amount > b->job.need.*dimension.amount;
    });
    std::string text;
    for (size_t i = 0; i < std::min(holders.size(), kHoldersNamed); ++i)
      text += (i == 0 ? "" : ", ") + JobText(*holders[i]) + Until(*holders[i], now_us_);
    if (holders.size() > kHoldersNamed)
      text += " and " + std::to_string(holders.size() - kHoldersNamed) + " more";
    return text;
  }

  /// What is missing on the only machine, one clause a kind.
  std::string MissingHere() const {
    const int type = entry_.demand.gpu_type;
    if (type == kUnknownGpuType)
      return "needs " + GpuText(entry_.job.need.gpus) + TypeText() + "; this machine has none";
    const Resources free = state_.free().Of(0, type);
    const Resources total = state_.total().Of(0, type);
    std::string text;
    for (const Dimension& dimension : kDimensions) {
      const int64_t wants = entry_.job.need.*dimension.amount;
      const int64_t has = free.*dimension.amount;
      if (wants <= has) continue;
      if (!text.empty()) text += "; ";
      text += "needs " + dimension.text(wants) + dimension.suffix;
      if (dimension.amount == &Resources::gpus) text += TypeText();
      const int64_t all = total.*dimension.amount;
      if (wants > all) {
        text += "; this machine has " + dimension.number(all);
        continue;
      }
      const std::string left = dimension.number(has);
      text += "; " + left + (left == "1" ? " is" : " are") + " free, " + dimension.number(all - has) +
              " held by " + Holders(dimension, type);
    }
    // Enough GPUs in all, but of several types.
    return text.empty() ? "needs " + GpuText(entry_.job.need.gpus) + " of one type; no type has as many free"
                        : text;
  }

  /// Words for a gang or a cluster, where no single machine tells it all.
  std::string MissingAcross() const {
    int able = 0;
    int open = 0;
    for (int node = 0; node < state_.total().nodes(); ++node) {
      able += CoversOn(state_.total(), node) ? 1 : 0;
      open += CoversOn(state_.free(), node) ? 1 : 0;
    }
    const Resources& need = entry_.job.need;
    std::string each = CpuText(need.millicpus) + " and " + MemoryText(need.memory_bytes) + " of memory";
    if (need.gpus > 0) each += " and " + GpuText(need.gpus) + TypeText();
    const bool one = entry_.demand.nodes == 1;
    const std::string machines =
        one ? "a machine" : std::to_string(entry_.demand.nodes) + " machines at once";
    return "needs " + machines + " with " + each + (one ? "" : " each") + "; " + std::to_string(open) +
           " of the " + std::to_string(able) + " that are large enough " + (open == 1 ? "has" : "have") +
           " that free";
  }

  bool CoversOn(const FreeNodes& nodes, int node) const {
    if (entry_.demand.gpu_type == kUnknownGpuType) return false;
    if (entry_.demand.gpu_type >= 0 || entry_.job.need.gpus == 0)
      return nodes.Covers(node, entry_.demand.gpu_type, entry_.job.need);
    for (int type = 0; type < nodes.types(); ++type) {
      if (nodes.Covers(node, type, entry_.job.need)) return true;
    }
    return false;
  }

  std::string Expected() const {
    const auto& reservation = decisions_.reservation;
    if (!reservation || reservation->job_id != entry_.job.id) return "";
    if (reservation->at_us <= now_us_ || reservation->at_us > now_us_ + kFarUs) return "";
    return "; expected to start at about " + TimeText(reservation->at_us, now_us_);
  }

  const ClusterState& state_;
  const Decisions& decisions_;
  const Entry& entry_;
  const int64_t now_us_;
};

}  // namespace

std::string WhyWaiting(const ClusterState& state, const Decisions& decisions, const std::string& id,
                       size_t position, int64_t now_us) {
  const auto slot = state.Find(id);
  if (!slot || state.entry(*slot).running) return "is about to start";
  return Explanation(state, decisions, *slot, now_us).Text() + "; position " + std::to_string(position);
}

}  // namespace orrery::jobs
