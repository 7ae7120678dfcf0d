#include "jobs/internal/job_store.h"

#include <boost/algorithm/string/case_conv.hpp>

#include "base/json.h"
#include "jobs/internal/job_rows.h"

namespace orrery::jobs::internal {
namespace {

/// The part of a job's row that Apply reads and may change.
struct MovingRow {
  std::string name;
  std::string run_id;
  JobState state = JobState::kPending;
  std::string reason;
  bool cancel_requested = false;
  std::optional<Instant> started_at;
  std::optional<Instant> ended_at;
  int attempt = 0;
};
BOOST_DESCRIBE_STRUCT(MovingRow, (),
                      (name, run_id, state, reason, cancel_requested, started_at, ended_at, attempt))

Standing StandingOf(sql::Reader& reader, const JobId& id, const MovingRow& row) {
  Standing standing{.state = row.state,
                    .reason = row.reason,
                    .cancel_requested = row.cancel_requested,
                    .started_at = row.started_at,
                    .ended_at = row.ended_at};
  if (row.attempt > 0) {
    standing.attempt = reader.First<Attempt>(
        "SELECT " + sql::Columns<Attempt>() + " FROM attempts WHERE job_id = ? AND number = ?", id,
        row.attempt);
  }
  return standing;
}

void SaveAttempt(sql::Writer& writer, const JobId& id, const Attempt& attempt, bool is_new) {
  if (is_new) {
    writer.Run("INSERT INTO attempts (job_id, number, state, host) VALUES (?, ?, ?, ?)", id, attempt.number,
               attempt.state, attempt.host);
    return;
  }
  writer.Run(
      "UPDATE attempts SET state = ?, started_at = ?, ended_at = ?, exit_code = ?, signal = ?, cause = ?, "
      "supervisor_pid = ?, environment = ? WHERE job_id = ? AND number = ?",
      attempt.state, attempt.started_at, attempt.ended_at, attempt.exit_code, attempt.signal, attempt.cause,
      attempt.supervisor_pid, attempt.environment, id, attempt.number);
}

std::optional<RunPhase> PhaseFor(JobState state) {
  switch (state) {
    case JobState::kRunning:
      return RunPhase::kRunning;
    case JobState::kSucceeded:
      return RunPhase::kFinished;
    case JobState::kFailed:
      return RunPhase::kFailed;
    case JobState::kCancelled:
      return RunPhase::kKilled;
    default:
      return std::nullopt;
  }
}

}  // namespace

void JobStore::Insert(sql::Writer& writer, const Job& job) {
  writer.Insert("jobs", JobRow{.id = job.id.text(),
                               .name = job.name,
                               .queue = job.spec.queue,
                               .state = JobState::kPending,
                               .reason = job.reason,
                               .spec = ToJson(job.spec),
                               .run_id = job.run_id,
                               .experiment_id = job.experiment_id,
                               .submitted_by = job.submitted_by,
                               .submitted_at = job.submitted_at});
  Record(writer, job.id, {JobState::kPending, job.submitted_at, job.reason}, job.name, {job.submitted_by});
}

Step JobStore::Apply(sql::Writer& writer, const JobId& id, const JobEvent& event, Instant now,
                     const Actor& by) {
  static const std::string kSelect = "SELECT " + sql::Columns<MovingRow>() + " FROM jobs WHERE id = ?";
  const auto row = writer.First<MovingRow>(kSelect, id);
  if (!row) throw Error(Code::kNotFound, "no job has this id: " + Quoted(id.text()), "job_id");
  const Standing before = StandingOf(writer, id, *row);
  Step step = Advance(before, event, now);
  if (!step.changed) return step;

  const Standing& next = step.next;
  if (next.attempt != before.attempt) {
    const bool is_new = !before.attempt || before.attempt->number != next.attempt->number;
    SaveAttempt(writer, id, *next.attempt, is_new);
    if (next.attempt->environment && (is_new || !before.attempt->environment)) {
      runs_.NoteEnvironment(writer, row->run_id, *next.attempt->environment);
    }
  }
  writer.Run(
      "UPDATE jobs SET state = ?, reason = ?, cancel_requested = ?, started_at = ?, ended_at = ?, attempt = "
      "? "
      "WHERE id = ?",
      next.state, next.reason, next.cancel_requested, next.started_at, next.ended_at,
      next.attempt ? next.attempt->number : 0, id);
  for (const Transition& transition : step.transitions) {
    Record(writer, id, transition, row->name, by);
    if (const auto phase = PhaseFor(transition.state))
      runs_.Follow(writer, row->run_id, *phase, transition.at);
  }
  return step;
}

void JobStore::Record(sql::Writer& writer, const JobId& id, const Transition& transition,
                      const std::string& name, const Actor& by) {
  writer.Insert("transitions", TransitionRow{id.text(), transition.state, transition.at, transition.cause});
  const std::string& state = EnumName(transition.state);
  events_.Append(writer, {.type = "job_" + boost::algorithm::to_lower_copy(state),
                          .subject = "job:" + id.text(),
                          .actor = by,
                          .data = {{"job_id", id.text()},
                                   {"name", name},
                                   {"state", state},
                                   {"at", FormatInstant(transition.at)},
                                   {"cause", transition.cause}}});
}

}  // namespace orrery::jobs::internal
