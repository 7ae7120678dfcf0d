#include "jobs/machine.h"

#include <csignal>
#include <cstring>

namespace orrery::jobs {
namespace {

Instant FromMicros(int64_t micros) {
  return Instant(Microseconds(micros));
}

std::string SignalText(int signal) {
  const char* name = sigabbrev_np(signal);
  std::string text = "signal " + std::to_string(signal);
  if (name != nullptr) text += std::string(" (SIG") + name + ")";
  return text;
}

bool Succeeded(const AttemptOutcome& outcome) {
  return outcome.cause == EndCause::kExited && outcome.exit_code == 0;
}

/// One application of an event: collects what follows from it.
class Application {
 public:
  Application(const Standing& standing, Instant now) : now_(now) { step_.next = standing; }

  Step Take(const Standing& before) {
    step_.changed = !(step_.next == before);
    return std::move(step_);
  }

  void operator()(const Resolved&) {
    if (next().state == JobState::kPending) Enter(JobState::kQueued, "everything that it refers to is there");
  }

  void operator()(const Placed& event) {
    if (next().state != JobState::kQueued) return;
    const int number = next().attempt ? next().attempt->number + 1 : 1;
    next().attempt = Attempt{.number = number, .host = event.host};
    Enter(JobState::kStarting, "placed on " + event.host);
    Do(Effect::kLaunch);
  }

  void operator()(const Claimed& event) {
    if (IsLive(event.number)) next().attempt->supervisor_pid = event.supervisor_pid;
  }

  void operator()(const Started& event) {
    if (IsLive(event.number) && next().state == JobState::kStarting) Run(event.at);
  }

  void operator()(const EnvironmentStored& event) {
    if (IsLive(event.number)) next().attempt->environment = event.digest;
  }

  void operator()(const Ended& event) {
    Do(Effect::kForget);
    if (!IsLive(event.number)) return;
    const AttemptOutcome& outcome = event.outcome;
    if (outcome.started_at_us && next().state == JobState::kStarting) Run(FromMicros(*outcome.started_at_us));
    const Instant end = outcome.ended_at_us > 0 ? FromMicros(outcome.ended_at_us) : now_;
    Attempt& attempt = *next().attempt;
    attempt.ended_at = end;
    attempt.exit_code = outcome.exit_code;
    attempt.signal = outcome.signal;
    attempt.cause = Name(outcome.cause);
    std::string cause = DescribeOutcome(outcome);
    if (Succeeded(outcome)) {
      attempt.state = AttemptState::kSucceeded;
      End(JobState::kSucceeded, end, cause);
    } else if (next().cancel_requested) {
      attempt.state = AttemptState::kCancelled;
      End(JobState::kCancelled, end, next().reason + "; " + cause);
    } else {
      attempt.state = AttemptState::kFailed;
      End(JobState::kFailed, end, cause);
    }
  }

  void operator()(const Absent& event) {
    if (!IsLive(event.number)) return;
    if (next().attempt->supervisor_pid || next().state == JobState::kRunning) {
      // It was claimed once, and the executor has no trace of it: its files are gone, so it is lost.
      (*this)(Ended{event.number, {.cause = EndCause::kLostWithSupervisor}});
    } else if (next().cancel_requested) {
      next().attempt->state = AttemptState::kCancelled;
      next().attempt->ended_at = now_;
      next().attempt->cause = Name(EndCause::kCancelled);
      Do(Effect::kForget);
      End(JobState::kCancelled, now_, next().reason + "; its command never began");
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
    if (!next().cancel_requested) next().reason = cause;
    step_.transitions.push_back({.state = state, .at = at, .cause = std::move(cause)});
  }

  void Run(Instant at) {
    next().attempt->state = AttemptState::kRunning;
    next().attempt->started_at = at;
    if (!next().started_at) next().started_at = at;
    EnterAt(JobState::kRunning, at, "its command began");
  }

  void End(JobState state, Instant at, std::string cause) {
    next().ended_at = at;
    EnterAt(state, at, cause);
    next().reason = std::move(cause);
  }

  Instant now_;
  Step step_;
};

}  // namespace

Step Advance(const Standing& standing, const JobEvent& event, Instant now) {
  Application application(standing, now);
  std::visit(application, event);
  return application.Take(standing);
}

std::string DescribeOutcome(const AttemptOutcome& outcome) {
  std::string text;
  switch (outcome.cause) {
    case EndCause::kExited:
      text = "exited with code " + std::to_string(outcome.exit_code.value_or(0));
      break;
    case EndCause::kSignalled:
      text = "killed by " + SignalText(outcome.signal.value_or(0));
      break;
    case EndCause::kOutOfMemory:
      text = "ran out of memory and was killed";
      break;
    case EndCause::kTimeout:
      text = "ran longer than its timeout and was ended";
      break;
    case EndCause::kCancelled:
      text = outcome.started_at_us ? "its command was ended" : "its command never began";
      break;
    case EndCause::kEnvironment:
      text = "its environment could not be prepared: the log says why";
      break;
    case EndCause::kLaunchFailed:
      text = "its command could not be executed";
      break;
    case EndCause::kStorageFull:
      text = "no space was left for its files";
      break;
    case EndCause::kLostInReboot:
      text = "lost: the machine went down while it ran";
      break;
    case EndCause::kLostWithSupervisor:
      text = "lost: its supervisor was killed and wrote no outcome";
      break;
  }
  if (!outcome.message.empty()) text += ": " + outcome.message;
  return text;
}

}  // namespace orrery::jobs
