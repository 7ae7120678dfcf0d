#include "jobs/local/outcome.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "jobs/amounts.h"

namespace orrery::jobs::local {
namespace {

std::int64_t Micros(Instant instant) {
  return instant.time_since_epoch().count();
}

EndCause CauseOf(record::Cause cause) {
  switch (cause) {
    case record::Cause::kExited:
      return EndCause::kExited;
    case record::Cause::kSignalled:
      return EndCause::kSignalled;
    case record::Cause::kOutOfMemory:
      return EndCause::kOutOfMemory;
    case record::Cause::kTimeout:
      return EndCause::kTimeout;
    case record::Cause::kCancelled:
      return EndCause::kCancelled;
    case record::Cause::kTerminated:
      return EndCause::kLostInReboot;
    case record::Cause::kLaunchFailed:
      return EndCause::kLaunchFailed;
    case record::Cause::kStorageFull:
      return EndCause::kStorageFull;
  }
  return EndCause::kLostWithSupervisor;
}

std::string HowItFailed(const record::OutcomeRecord& outcome) {
  if (outcome.cause == record::Cause::kTimeout) return "took too long";
  if (outcome.cause == record::Cause::kOutOfMemory) return "ran out of memory";
  if (outcome.exit_code) return "failed with exit code " + std::to_string(*outcome.exit_code);
  if (outcome.signal) return "was ended by signal " + std::to_string(*outcome.signal);
  return "could not be started: " + outcome.message;
}

// A step before the main one came to nothing, by its own fault.
AttemptOutcome EnvironmentFailure(AttemptOutcome seen, const record::OutcomeRecord& outcome,
                                  const AttemptFiles& files, const std::string& label) {
  seen.cause = EndCause::kEnvironment;
  seen.message = "step '" + label + "' " + HowItFailed(outcome);
  const std::string last_words = files.LastWords();
  if (!last_words.empty()) seen.message += ": " + last_words;
  return seen;
}

}  // namespace

AttemptOutcome FromRecord(const record::OutcomeRecord& outcome, const AttemptFiles& files) {
  AttemptOutcome seen;
  seen.cause = CauseOf(outcome.cause);
  if (outcome.exit_code) seen.exit_code = static_cast<int>(*outcome.exit_code);
  if (outcome.signal) seen.signal = static_cast<int>(*outcome.signal);
  seen.message = outcome.message;
  seen.started_at_us = outcome.started_at_us;
  seen.ended_at_us = outcome.ended_at_us;
  seen.max_rss_bytes = outcome.max_rss_bytes;
  seen.user_cpu_us = outcome.user_cpu_us;
  seen.system_cpu_us = outcome.system_cpu_us;

  const std::optional<record::LaunchRecord> launch = files.ReadLaunch();
  const std::vector<record::Step> steps = launch ? launch->steps : std::vector<record::Step>();
  const auto step = static_cast<std::size_t>(outcome.step);
  const bool own_fault =
      outcome.cause == record::Cause::kExited || outcome.cause == record::Cause::kSignalled ||
      outcome.cause == record::Cause::kOutOfMemory || outcome.cause == record::Cause::kTimeout ||
      outcome.cause == record::Cause::kLaunchFailed;
  if (own_fault && step + 1 < steps.size()) {
    return EnvironmentFailure(std::move(seen), outcome, files, steps[step].label);
  }
  if (outcome.cause == record::Cause::kTimeout && step < steps.size()) {
    const std::string limit = std::to_string(steps[step].timeout_ms / 1000.0);
    seen.message = "ran longer than its timeout of " + limit.substr(0, limit.find('.') + 2) + " s";
  }
  if (outcome.cause == record::Cause::kOutOfMemory && launch && launch->memory_bytes) {
    seen.message = "it asked for " + MemoryText(*launch->memory_bytes);
  }
  if (outcome.cause == record::Cause::kTerminated) {
    seen.message = "its supervisor was told to end: the machine was going down";
  }
  return seen;
}

AttemptOutcome Lost(const AttemptFacts& facts, const std::string& boot_id, Instant now) {
  AttemptOutcome lost;
  const bool other_boot = facts.claim && facts.claim->boot_id != boot_id;
  lost.cause = other_boot ? EndCause::kLostInReboot : EndCause::kLostWithSupervisor;
  if (facts.started) lost.started_at_us = facts.started->started_at_us;
  // The wall clock may have been set back meanwhile.
  lost.ended_at_us = std::max(Micros(now), lost.started_at_us.value_or(0));
  return lost;
}

AttemptOutcome Withdrawn(Instant now) {
  AttemptOutcome withdrawn;
  withdrawn.cause = EndCause::kCancelled;
  withdrawn.message = "cancelled before it started";
  withdrawn.ended_at_us = Micros(now);
  return withdrawn;
}

}  // namespace orrery::jobs::local
