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
/// (queue, width), else all jobs. Each is a power mean with exponent 1/2, which lies between the geometric mean
/// (durations spread over five decades) and the arithmetic one (what waiting costs), and in replays orders better
/// than either. Older jobs fade, since today's resemble yesterday's more than last month's. Memory is bounded: the
/// kinds seen longest ago are forgotten.
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
    double roots = 0;  // the sum of the square roots
    void Add(double duration_us);
    double Mean() const { return (roots / weight) * (roots / weight); }
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
