#include "jobs/internal/environment_recorder.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

namespace orrery::jobs::internal {
namespace {

std::optional<EnvironmentSpec> Resolved(Executor& executor, const AttemptId& id) {
  try {
    return executor.ResolvedEnvironment(id);
  } catch (const Error& error) {
    // The job matters more than the record of what it found installed.
    Log(LogLevel::kWarning, "cannot read what an attempt's environment came to",
        {{"job", id.job_id}, {"attempt", id.number}, {"error", error.what()}});
    return std::nullopt;
  }
}

}  // namespace

std::optional<Digest> EnvironmentRecorder::Store(const AttemptId& id) {
  const auto resolved = Resolved(executor_, id);
  if (!resolved) return std::nullopt;
  const std::string text = ToJson(*resolved);
  const Digest digest = DigestOf(text);
  if (!content_.Find(digest)) content_.Put(text);
  return digest;
}

}  // namespace orrery::jobs::internal
