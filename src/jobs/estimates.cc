#include "jobs/estimates.h"

#include <algorithm>
#include <cmath>

namespace orrery::jobs {
namespace {

constexpr size_t kMostKinds = 20'000;
// A history answers from about this many jobs on.
constexpr double kEnough = 2.5;
// About the last hundred jobs count.
constexpr double kFading = 0.99;
constexpr char kBetween = '\x1f';

std::string PersonalKey(const JobKind& kind) {
  return kind.user + kBetween + kind.name + kBetween + kind.queue;
}

std::string SizeKey(const JobKind& kind) {
  return kind.queue + kBetween + std::to_string(kind.width);
}

}  // namespace

void Estimates::History::Add(double duration_us) {
  weight = weight * kFading + 1;
  roots = roots * kFading + std::sqrt(duration_us);
}

void Estimates::Add(const JobKind& kind, int64_t duration_us) {
  const auto duration = static_cast<double>(std::max<int64_t>(duration_us, 0));
  all_.Add(duration);
  for (const std::string& key : {SizeKey(kind), PersonalKey(kind)}) {
    const auto [found, added] = known_.try_emplace(key);
    if (!added) recent_.erase(found->second.place);
    recent_.push_front(key);
    found->second.place = recent_.begin();
    found->second.history.Add(duration);
  }
  while (known_.size() > kMostKinds) {
    known_.erase(recent_.back());
    recent_.pop_back();
  }
}

const Estimates::History* Estimates::Find(const std::string& key) const {
  const auto found = known_.find(key);
  return found == known_.end() || found->second.history.weight < kEnough ? nullptr : &found->second.history;
}

std::optional<int64_t> Estimates::Of(const JobKind& kind, std::optional<int64_t> timeout_us) const {
  const History* history = Find(PersonalKey(kind));
  if (history == nullptr) history = Find(SizeKey(kind));
  if (history == nullptr && all_.weight > 0) history = &all_;
  if (history == nullptr) return timeout_us;
  const auto mean = std::max<int64_t>(std::llround(history->Mean()), 1);
  return timeout_us ? std::min(mean, *timeout_us) : mean;
}

}  // namespace orrery::jobs
