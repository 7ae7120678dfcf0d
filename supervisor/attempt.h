#pragma once

#include <csignal>
#include <cstdint>
#include <optional>

#include <sys/resource.h>

#include "jobs/record.h"
#include "supervisor/attempt_directory.h"
#include "supervisor/control_groups.h"
#include "supervisor/descriptor.h"
#include "supervisor/log_trimmer.h"
#include "supervisor/usage_sampler.h"

namespace orrery::supervisor {

/// Returns the signals that an Attempt takes through its descriptor; they must be blocked from the program's
/// start.
sigset_t HandledSignals();

/// Runs the steps of a claimed attempt one after the other and watches over the running one.
///
///   running --exits--------------------------------------> ended
///      \--cancel, time-out--> ending --group is empty------^
///                                \--grace is over--> killed^
class Attempt {
 public:
  /// `launch` and `directory` must outlive this object.
  Attempt(const jobs::record::LaunchRecord& launch, const AttemptDirectory& directory,
          ReservedRecord started);

  /// Returns when the last step has ended and no process of the attempt is left.
  jobs::record::OutcomeRecord Run();

 private:
  bool RunStep(const jobs::record::Step& step, bool main);
  bool StepIsOver() const;
  void WaitForEvent();
  void TakeSignals();
  void ReapChildren();
  void End(jobs::record::Cause cause);
  void KillStep();
  void RecordStepEnd();
  std::int64_t EndMicros() const;
  bool RanOutOfMemory() const;
  void KillEverything();
  std::string Enforcement() const;

  const jobs::record::LaunchRecord& launch_;
  const AttemptDirectory& directory_;
  ReservedRecord started_;
  ControlGroups groups_;
  UsageSampler sampler_;
  LogTrimmer trimmer_;
  Descriptor signals_;
  Descriptor timer_;
  jobs::record::OutcomeRecord outcome_;
  std::int64_t main_began_us_ = 0;  ///< by the clock that nobody sets

  // Of the running step.
  pid_t pid_ = 0;
  bool pinned_ = false;
  std::optional<int> status_;
  rusage usage_ = {};
  /// Processes killed for want of memory before it: in its groups, on the machine.
  std::int64_t group_oom_kills_ = 0;
  std::int64_t machine_oom_kills_ = 0;
  bool killed_ = false;
  /// Why the attempt is being ended; stays set over the steps.
  std::optional<jobs::record::Cause> ending_;
};

}  // namespace orrery::supervisor
