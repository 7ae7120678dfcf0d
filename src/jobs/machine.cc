#include "jobs/machine.h"

#include <algorithm>

namespace orrery::jobs {
namespace {

constexpr std::chrono::seconds kLongestPause = std::chrono::hours(1);
const char* const kPreempted = "preempted";

Instant FromMicros(int64_t micros) {
  return Instant(Microseconds(micros));
}

bool Succeeded(const AttemptOutcome& outcome) {
  return outcome.cause == EndCause::kExited && outcome.exit_code == 0;
}

bool IsLost(EndCause cause) {
  return cause == EndCause::kLostInReboot || cause == EndCause::kLostWithSupervisor;
}

/// "14:05:10 UTC"
std::string TimeOfDay(Instant at) {
  return FormatInstant(at).substr(11, 8) + " UTC";
}

/// One application of an event: collects what follows from it.
class Application {
 public:
  Application(const Standing& standing, Instant now, const RetryPolicy& policy) : now_(now), policy_(policy) {
    step_.next = standing;
  }

  Step Take(const Standing& before) {
    step_.changed = !(step_.next == before);
    return std::move(step_);
  }

  void operator()(const Resolved&) {
    if (next().state == JobState::kPending) Enter(JobState::kQueued, "everything that it refers to is there");
  }

  void operator()(const Unresolvable& event) {
    if (next().state == JobState::kPending) End(JobState::kCancelled, now_, event.why);
  }

  void operator()(const Placed& event) {
    if (next().state != JobState::kQueued) return;
    const int number = next().attempt ? next().attempt->number + 1 : 1;
    next().attempt = Attempt{.number = number, .host = event.host};
    if (!event.gpu_type.empty()) next().attempt->gpu_type = event.gpu_type;
    next().retry_at.reset();
    Enter(JobState::kStarting, "placed on " + event.host);
    Do(Effect::kLaunch);
  }

  void operator()(const Claimed& event) {
    if (IsLive(event.number)) next().attempt->supervisor_pid = event.supervisor_pid;
  }

  void operator()(const Started& event) {
    if (!IsLive(event.number) || next().state != JobState::kStarting) return;
    if (!event.enforcement.empty()) next().attempt->enforcement = event.enforcement;
    Run(event.at);
  }

  void operator()(const EnvironmentStored& event) {
    if (IsLive(event.number)) next().attempt->environment = event.digest;
  }

  void operator()(const Ended& event) {
    Do(Effect::kForget);
    if (!IsLive(event.number)) return;
    const AttemptOutcome& outcome = event.outcome;
    if (outcome.started_at_us && next().state == JobState::kStarting) Run(FromMicros(*outcome.started_at_us));
    Record(outcome);
    const std::string cause = DescribeOutcome(outcome);
    const bool made_room =
        next().preempting && (outcome.cause == EndCause::kCancelled || IsLost(outcome.cause));
    if (Succeeded(outcome)) {
      next().attempt->state = AttemptState::kSucceeded;
      End(JobState::kSucceeded, *next().attempt->ended_at, cause);
    } else if (next().cancel_requested) {
      next().attempt->state = AttemptState::kCancelled;
      End(JobState::kCancelled, *next().attempt->ended_at, next().reason + "; " + cause);
    } else if (made_room) {
      MakeRoom(outcome.cause);
    } else {
      next().attempt->state = AttemptState::kFailed;
      Fail(outcome.cause, cause);
    }
  }

  void operator()(const Absent& event) {
    if (!IsLive(event.number)) return;
    if (next().attempt->supervisor_pid || next().state == JobState::kRunning) {
      // It was claimed once, and the executor has no trace of it: its files are gone, so it is lost.
      (*this)(Ended{event.number, {.cause = EndCause::kLostWithSupervisor}});
    } else if (next().cancel_requested || next().preempting) {
      (*this)(Ended{event.number, {.cause = EndCause::kCancelled}});
    } else {
      Do(Effect::kLaunch);
    }
  }

  void operator()(const CancelRequested& event) {
    if (IsTerminal(next().state) || next().cancel_requested) return;
    const std::string cause = "cancelled by " + event.actor;
    next().cancel_requested = true;
    if (next().state == JobState::kPending || next().state == JobState::kQueued) {
      End(JobState::kCancelled, now_, cause);
    } else {
      next().reason = cause;
      Do(Effect::kCancelAttempt);
    }
  }

  void operator()(const PreemptRequested& event) {
    const bool live = next().state == JobState::kStarting || next().state == JobState::kRunning;
    if (!live || next().cancel_requested || next().preempting) return;
    next().preempting = true;
    next().reason = "preempted " + event.why;
    Do(Effect::kCancelAttempt);
  }

 private:
  Standing& next() { return step_.next; }
  void Do(Effect effect) { step_.effects.push_back(effect); }

  bool IsLive(int number) {
    return !IsTerminal(next().state) && next().attempt && next().attempt->number == number &&
           !IsTerminal(next().attempt->state);
  }

  void Enter(JobState state, std::string cause) { EnterAt(state, now_, std::move(cause)); }

  void EnterAt(JobState state, Instant at, std::string cause) {
    next().state = state;
    if (!next().cancel_requested && !next().preempting) next().reason = cause;
    step_.transitions.push_back({.state = state, .at = at, .cause = std::move(cause)});
  }

  void Run(Instant at) {
    next().attempt->state = AttemptState::kRunning;
    next().attempt->started_at = at;
    if (!next().started_at) next().started_at = at;
    EnterAt(JobState::kRunning, at, "its command began");
  }

  /// Keeps how the current attempt ended.
  void Record(const AttemptOutcome& outcome) {
    Attempt& attempt = *next().attempt;
    const Instant end = outcome.ended_at_us > 0 ? FromMicros(outcome.ended_at_us) : now_;
    // The wall clock may have been set back meanwhile: nothing ends before it began.
    attempt.ended_at = std::max(end, attempt.started_at.value_or(end));
    attempt.exit_code = outcome.exit_code;
    attempt.signal = outcome.signal;
    attempt.cause = Name(outcome.cause);
    if (attempt.started_at) {
      attempt.max_rss_bytes = outcome.max_rss_bytes;
      attempt.cpu_seconds = static_cast<double>(outcome.user_cpu_us + outcome.system_cpu_us) / 1e6;
    }
    if (!outcome.log_tail.empty()) attempt.log_tail = outcome.log_tail;
  }

  /// The attempt gave way: the job waits again, as old as it is.
  void MakeRoom(EndCause cause) {
    next().attempt->state = AttemptState::kCancelled;
    if (cause == EndCause::kCancelled) next().attempt->cause = kPreempted;
    next().preempting = false;
    Enter(JobState::kQueued, next().reason + "; it waits to run again");
  }

  void Fail(EndCause cause, const std::string& words) {
    const int retry = next().failures + 1;
    if (!MayBeRetried(cause) || retry > policy_.retries) {
      const bool spent = policy_.retries > 0 && MayBeRetried(cause);
      return End(JobState::kFailed, *next().attempt->ended_at,
                 words + (spent ? ", and no retry is left of " + std::to_string(policy_.retries) : ""));
    }
    next().failures = retry;
    next().preempting = false;
    next().retry_at = now_ + policy_.Before(retry);
    Enter(JobState::kQueued, "retry " + std::to_string(retry) + " of " + std::to_string(policy_.retries) +
                                 " at " + TimeOfDay(*next().retry_at) + ": " + words);
  }

  void End(JobState state, Instant at, std::string cause) {
    next().preempting = false;
    next().retry_at.reset();
    next().ended_at = std::max(at, next().started_at.value_or(at));
    EnterAt(state, *next().ended_at, cause);
    next().reason = std::move(cause);
  }

  Instant now_;
  const RetryPolicy& policy_;
  Step step_;
};

}  // namespace

std::chrono::seconds RetryPolicy::Before(int number) const {
  std::chrono::seconds pause = delay;
  for (int i = 1; i < number && pause < kLongestPause && pause.count() > 0; ++i)
    pause = std::min(pause * 2, kLongestPause);
  return pause;
}

bool MayBeRetried(EndCause cause) {
  switch (cause) {
    case EndCause::kExited:
    case EndCause::kSignalled:
    case EndCause::kOutOfMemory:
    case EndCause::kTimeout:
    case EndCause::kLostInReboot:
    case EndCause::kLostWithSupervisor:
      return true;
    case EndCause::kCancelled:
    case EndCause::kEnvironment:
    case EndCause::kLaunchFailed:
    case EndCause::kStorageFull:
      return false;
  }
  return false;
}

Step Advance(const Standing& standing, const JobEvent& event, Instant now, const RetryPolicy& policy) {
  Application application(standing, now, policy);
  std::visit(application, event);
  return application.Take(standing);
}

}  // namespace orrery::jobs
