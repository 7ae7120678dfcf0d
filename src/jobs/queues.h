#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/resources.h"

namespace orrery::jobs {

/// In what order the jobs of one queue and one priority stand. Ties go to the older job.
enum class QueueOrder {
  kAge,       ///< the older first
  kShortest,  ///< the shorter first, by estimate; a running job counts with what remains of it
  kService,   ///< jobs that have used less than a quantum first (least attained service in two levels:
              ///< Tiresias, Gu 2019, with a quantum of 3.2 GPU hours)
};

/// What happens behind a job that does not fit now.
enum class QueueFill {
  kStrict,  ///< nothing of its queue starts before it
  kReserve,  ///< it is promised the earliest time at which it fits by the estimates, and whatever does not delay
             ///< that starts at once (EASY: Lifka 1995)
  kSkip,     ///< whatever fits starts; nothing is kept for it
};

/// How one queue lets its jobs start.
struct QueuePolicy {
  QueueOrder order = QueueOrder::kAge;
  QueueFill fill = QueueFill::kReserve;
  bool preemptive =
      false;  ///< the queue's own running jobs stand in its order too, and give way when outranked
  /// What a second of age is worth. kShortest: in seconds of duration; kService: above 0, a job over its quantum
  /// stands where one stands that was submitted a day after it. At 0 a job can wait for ever.
  double age_weight = 0;

  bool operator==(const QueuePolicy&) const = default;
};

/// A queue's part of the cluster. A fraction is one of each kind of resource; the queue's share is the largest
/// fraction of any one kind that its jobs hold (dominant resource fairness: Ghodsi 2011).
struct QueueConfig {
  double guaranteed =
      0;              ///< others may borrow of it while the queue does not ask, and give it back when it does
  double limit = 1;   ///< never exceeded
  double weight = 1;  ///< > 0: what queues get beyond their guarantees stands in proportion to their weights
  QueuePolicy policy;

  bool operator==(const QueueConfig&) const = default;
};

/// The most that jobs of this queue may hold of a cluster that has `capacity` in all.
Resources LimitOf(const QueueConfig& queue, const Resources& capacity);

/// By name. A queue without an entry has the defaults.
using Queues = std::map<std::string, QueueConfig>;

/// The policy that configuration calls `name`: "fifo" (age, strict), "easy" (age, reserve), "sjf" (shortest,
/// reserve, ageing), "las" (least service, reserve, preemptive, ageing). Nothing for another name.
std::optional<QueuePolicy> PolicyNamed(std::string_view name);

/// The name of a policy that has one.
std::optional<std::string_view> NameOf(const QueuePolicy& policy);

/// The names that PolicyNamed knows.
const std::vector<std::string_view>& PolicyNames();

}  // namespace orrery::jobs
