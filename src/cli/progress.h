#pragma once

#include <string>
#include <vector>

#include "jobs/types.h"

namespace orrery::cli {

/// How far several jobs have come. Pure: what it is told is all that it knows.
class Progress {
 public:
  explicit Progress(const std::vector<jobs::Job>& jobs);

  /// Those that have not ended, as far as was told.
  std::vector<jobs::JobId> Live() const;
  /// Takes in how jobs stand by now. Returns those that have ended since, and not in success.
  std::vector<jobs::JobStatus> Take(std::vector<jobs::JobStatus> now);

  bool all_succeeded() const { return Count(jobs::JobState::kSucceeded) == jobs_.size(); }
  /// "17/20 done, 1 failed, 2 running"; while none runs also why one waits: "0/2 done, 2 waiting: needs 1 CPU; ...".
  std::string Text() const;

 private:
  size_t Count(jobs::JobState state) const;
  std::string WhyNoneRuns() const;

  std::vector<jobs::JobStatus> jobs_;  ///< in the order in which they were submitted
};

}  // namespace orrery::cli
