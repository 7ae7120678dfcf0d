#include "jobs/internal/durations.h"

#include <algorithm>

#include "base/json.h"
#include "jobs/cluster_state.h"
#include "jobs/validate.h"

namespace orrery::jobs::internal {

JobKind KindOf(const JobSpec& spec, const std::string& submitted_by) {
  const WaitingJob job{.nodes = spec.nodes, .need = NeedOf(spec)};
  return {.user = submitted_by, .name = spec.name, .queue = spec.queue, .width = job.Width()};
}

bool TellsDuration(const Attempt& attempt) {
  if (!attempt.started_at || !attempt.ended_at || !attempt.cause) return false;
  const EndCause causes[] = {EndCause::kExited, EndCause::kSignalled, EndCause::kOutOfMemory,
                             EndCause::kTimeout};
  return std::any_of(std::begin(causes), std::end(causes),
                     [&](EndCause cause) { return *attempt.cause == Name(cause); });
}

std::vector<EndedAttempt> LatestEnded(sql::Reader& reader, int64_t most) {
  std::vector<EndedAttempt> latest;
  // In the words of the index attempts_of_a_length, which is used only so.
  reader.Visit(
      "SELECT attempts.ended_at - attempts.started_at, submitted_by, spec FROM attempts "
      "JOIN jobs ON jobs.id = attempts.job_id WHERE attempts.started_at IS NOT NULL AND "
      "attempts.cause IN ('exited', 'signalled', 'out_of_memory', 'timeout') "
      "ORDER BY attempts.ended_at DESC LIMIT ?",
      [&](const sql::Row& row) {
        const auto spec = FromJson<JobSpec>(sql::Get<std::string>(row, 2));
        latest.push_back({KindOf(spec, sql::Get<std::string>(row, 1)), sql::Get<int64_t>(row, 0)});
      },
      most);
  std::reverse(latest.begin(), latest.end());
  return latest;
}

}  // namespace orrery::jobs::internal
