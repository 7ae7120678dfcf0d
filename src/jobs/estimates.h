#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace orrery::jobs {

/// What tells jobs of different length apart.
struct JobKind {
  std::string user;
  std::string name;
  std::string queue;
  int64_t width = 1;  ///< WaitingJob::Width
};

/// Learns from jobs that have ended for how long one will run.
///
/// The history of the most specific kind that was seen often enough answers: (user, name, queue), else
/// (queue, width), else all jobs. Each is the mean of the durations, which is what shortest-first needs (Smith 1956:
/// the order by expected duration has the least mean completion time), with older ones fading, since today's jobs
/// resemble yesterday's more than last month's. Memory is bounded: the kinds seen longest ago are forgotten.
class Estimates {
 public:
  /// A job of this kind ran for `duration_us`. In the order in which they ended.
  void Add(const JobKind& kind, int64_t duration_us);

  /// For how long a job of this kind is expected to run, at most `timeout_us`; nothing while no history is kept and
  /// there is no timeout.
  std::optional<int64_t> Of(const JobKind& kind, std::optional<int64_t> timeout_us = {}) const;

 private:
  /// Durations, each of which weighs a little less than the one after it.
  struct History {
    double weight = 0;
    double total_us = 0;
    void Add(double duration_us);
    double Mean() const { return total_us / weight; }
  };
  struct Known {
    History history;
    std::list<std::string>::iterator place;  // in recent_
  };

  const History* Find(const std::string& key) const;

  std::unordered_map<std::string, Known> known_;
  std::list<std::string> recent_;  // keys, the one seen last first
  History all_;
};

}  // namespace orrery::jobs
