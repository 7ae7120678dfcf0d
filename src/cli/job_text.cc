#include "cli/job_text.h"

namespace orrery::cli {
namespace {

double Seconds(Microseconds span) {
  return std::chrono::duration<double>(span).count();
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

std::string RunTimeOf(const jobs::Job& job, Instant now) {
  if (!job.started_at) return "";
  return DurationText(Seconds(job.ended_at.value_or(now) - *job.started_at));
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
