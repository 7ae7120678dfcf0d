#include "cli/job_text.h"

#include <algorithm>
#include <optional>

namespace orrery::cli {
namespace {

double Seconds(Microseconds span) {
  return std::chrono::duration<double>(span).count();
}

std::string TimeBetween(const std::optional<Instant>& began, const std::optional<Instant>& ended,
                        Instant now) {
  return began ? DurationText(Seconds(ended.value_or(now) - *began)) : "";
}

}  // namespace

Tint TintOf(jobs::JobState state) {
  switch (state) {
    case jobs::JobState::kSucceeded:
      return Tint::kGreen;
    case jobs::JobState::kFailed:
      return Tint::kRed;
    case jobs::JobState::kCancelled:
      return Tint::kYellow;
    case jobs::JobState::kRunning:
      return Tint::kBlue;
    default:
      return Tint::kPlain;
  }
}

Tint TintOf(jobs::AttemptState state) {
  switch (state) {
    case jobs::AttemptState::kStarting:
      return TintOf(jobs::JobState::kStarting);
    case jobs::AttemptState::kRunning:
      return TintOf(jobs::JobState::kRunning);
    case jobs::AttemptState::kSucceeded:
      return TintOf(jobs::JobState::kSucceeded);
    case jobs::AttemptState::kFailed:
      return TintOf(jobs::JobState::kFailed);
    case jobs::AttemptState::kCancelled:
      return TintOf(jobs::JobState::kCancelled);
  }
  return Tint::kPlain;
}

std::string RunTimeOf(const jobs::Job& job, Instant now) {
  return TimeBetween(job.started_at, job.ended_at, now);
}

std::string RunTimeOf(const jobs::Attempt& attempt, Instant now) {
  return TimeBetween(attempt.started_at, attempt.ended_at, now);
}

std::string EndText(const jobs::Attempt& attempt) {
  std::string cause = attempt.cause.value_or("");
  if (cause == "exited" && attempt.exit_code) return "exit code " + std::to_string(*attempt.exit_code);
  std::ranges::replace(cause, '_', ' ');
  if (cause == "signalled" && attempt.signal) return "signal " + std::to_string(*attempt.signal);
  return cause;
}

std::string AgoText(Instant then, Instant now) {
  const double seconds = Seconds(now - then);
  if (seconds < 5) return "just now";
  if (seconds < 60) return std::to_string(static_cast<int>(seconds)) + " s ago";
  if (seconds < 3600) return std::to_string(static_cast<int>(seconds / 60)) + " min ago";
  if (seconds < 86'400) return std::to_string(static_cast<int>(seconds / 3600)) + " h ago";
  if (seconds < 7 * 86'400) return std::to_string(static_cast<int>(seconds / 86'400)) + " d ago";
  std::string text = FormatInstant(then).substr(0, 16);
  text[10] = ' ';
  return text;
}

}  // namespace orrery::cli
