#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/hash.h"
#include "jobs/executor.h"
#include "jobs/types.h"

/// How a job moves, as a pure function of (standing, event, now).
///
///              Resolved           Placed              Started           Ended
///   PENDING ------------> QUEUED --------> STARTING ----------> RUNNING ------> SUCCEEDED | FAILED
///      |                   | ^                |                    |
///      |                   | '----------------+--------------------'
///      |                   |   Ended, and it failed with retries left: again at `retry_at`
///      |                   |   Ended, and it was preempted: again at once, and counted against nothing
///      |  CancelRequested  |                  |                    |
///      |  Unresolvable     |                  |  CancelRequested: the attempt is told to end;
///      '-------------------'                  |  its end is CANCELLED unless it had succeeded by itself
///                v                            v                    v
///            CANCELLED                    CANCELLED            CANCELLED
///
/// PreemptRequested tells the attempt to end as well; one that succeeded meanwhile is SUCCEEDED, and one that
/// is cancelled meanwhile CANCELLED. Absent (after a restart: nothing of the attempt was executed and nothing
/// can claim it) starts the same attempt again; one that was seen claimed before and is absent now is lost. A
/// terminal state never changes, whatever comes. An event about another attempt than the current one changes
/// nothing. Attempts are numbered from 1 without gaps, and of them at most retries + 1 failed.
namespace orrery::jobs {

/// The part of a job that moves.
struct Standing {
  JobState state = JobState::kPending;
  std::string reason;
  bool cancel_requested = false;
  bool preempting = false;          ///< the current attempt was told to make room
  int failures = 0;                 ///< attempts that a retry was spent on
  std::optional<Instant> retry_at;  ///< set while QUEUED for a retry: it is not to be placed before
  std::optional<Instant> started_at;
  std::optional<Instant> ended_at;
  std::optional<Attempt> attempt;  ///< the latest one; earlier ones are history

  bool operator==(const Standing&) const = default;
};

/// How often and how soon an attempt that failed is followed by another.
struct RetryPolicy {
  int retries = 0;
  std::chrono::seconds delay{10};

  /// The pause before retry `number` (from 1): `delay`, doubled with each retry up to an hour.
  std::chrono::seconds Before(int number) const;
};

/// Everything that the job refers to is there.
struct Resolved {};
/// Something that the job refers to will never be there: `why`, in words.
struct Unresolvable {
  std::string why;
};
/// The scheduler gave it resources on `host`; its next attempt begins.
struct Placed {
  std::string host;
  std::string gpu_type;  ///< of the GPUs that it is to hold; empty: none, or of no known type
};
/// A supervisor holds attempt `number`.
struct Claimed {
  int number = 0;
  int supervisor_pid = 0;
};
/// The command of attempt `number` began.
struct Started {
  int number = 0;
  Instant at;
  std::string enforcement;  ///< which limits hold it, in words; empty: none
};
/// What the environment of attempt `number` came to is stored under `digest`.
struct EnvironmentStored {
  int number = 0;
  Digest digest;
};
/// Attempt `number` ended for good.
struct Ended {
  int number = 0;
  AttemptOutcome outcome;
};
/// Attempt `number` was never executed and cannot be claimed any more.
struct Absent {
  int number = 0;
};
struct CancelRequested {
  std::string actor;
};
/// The scheduler wants what the job holds: `why`, in words ("to make room for job 17ab23cd (train)").
struct PreemptRequested {
  std::string why;
};
using JobEvent = std::variant<Resolved, Unresolvable, Placed, Claimed, Started, EnvironmentStored, Ended,
                              Absent, CancelRequested, PreemptRequested>;

/// What has to be done outside once the step is durable.
enum class Effect {
  kLaunch,         ///< start the current attempt
  kCancelAttempt,  ///< tell the current attempt to end
  kForget,         ///< the executor may forget the attempt of the event: its end is known
};

struct Step {
  Standing next;
  /// Whether `next` differs from what was.
  bool changed = false;
  /// The states entered, in order, to be told as one row and one event each.
  std::vector<Transition> transitions;
  std::vector<Effect> effects;
};

/// Applies one event at time `now`. Never throws; an event that does not fit changes nothing.
Step Advance(const Standing& standing, const JobEvent& event, Instant now, const RetryPolicy& policy = {});

/// Whether an attempt that ended so may be followed by another: it failed in a way that may go better next
/// time.
bool MayBeRetried(EndCause cause);

/// How an attempt ended, in words: "exited with code 2", "killed by signal 9 (SIGKILL)".
std::string DescribeOutcome(const AttemptOutcome& outcome);

}  // namespace orrery::jobs
