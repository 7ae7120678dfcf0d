#include "jobs/internal/job_store.h"

#include <deque>
#include <iterator>

#include <boost/algorithm/string/case_conv.hpp>

#include "base/json.h"
#include "jobs/internal/dependencies.h"
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
  int retries = 0;
  int64_t retry_delay_seconds = 0;
  bool preempting = false;
  int failures = 0;
  std::optional<Instant> retry_at;
};
BOOST_DESCRIBE_STRUCT(MovingRow, (),
                      (name, run_id, state, reason, cancel_requested, started_at, ended_at, attempt, retries,
                       retry_delay_seconds, preempting, failures, retry_at))

Standing StandingOf(sql::Reader& reader, const JobId& id, const MovingRow& row) {
  Standing standing{.state = row.state,
                    .reason = row.reason,
                    .cancel_requested = row.cancel_requested,
                    .preempting = row.preempting,
                    .failures = row.failures,
                    .retry_at = row.retry_at,
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
    writer.Run(
        "INSERT INTO attempts (job_id, number, state, host, gpu_type, usage_pending) VALUES (?, ?, ?, ?, ?, "
        "1)",
        id, attempt.number, attempt.state, attempt.host, attempt.gpu_type);
    return;
  }
  writer.Run(
      "UPDATE attempts SET state = ?, started_at = ?, ended_at = ?, exit_code = ?, signal = ?, cause = ?, "
      "supervisor_pid = ?, environment = ?, enforcement = ?, max_rss_bytes = ?, cpu_seconds = ?, log_tail = "
      "? "
      "WHERE job_id = ? AND number = ?",
      attempt.state, attempt.started_at, attempt.ended_at, attempt.exit_code, attempt.signal, attempt.cause,
      attempt.supervisor_pid, attempt.environment, attempt.enforcement, attempt.max_rss_bytes,
      attempt.cpu_seconds, attempt.log_tail, id, attempt.number);
}

/// A run follows its job. One that waits for its next attempt is scheduled again.
std::optional<RunPhase> PhaseFor(JobState state) {
  switch (state) {
    case JobState::kQueued:
      return RunPhase::kScheduled;
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
  const JobSpec& spec = job.spec;
  writer.Insert("jobs", JobRow{.id = job.id.text(),
                               .name = job.name,
                               .queue = spec.queue,
                               .state = JobState::kPending,
                               .reason = job.reason,
                               .spec = ToJson(spec),
                               .run_id = job.run_id,
                               .experiment_id = job.experiment_id,
                               .submitted_by = job.submitted_by,
                               .submitted_at = job.submitted_at,
                               .group_name = job.group,
                               .array_index = job.array_index,
                               .retries = spec.retries,
                               .retry_delay_seconds = spec.retry_delay_seconds});
  Record(writer, job.id, {JobState::kPending, job.submitted_at, job.reason}, job.name, {job.submitted_by});
}

Job JobStore::Settle(sql::Writer& writer, Job job) {
  job.transitions = {{JobState::kPending, job.submitted_at, job.reason}};
  KeepDependencies(writer, job.id, job.spec.after);
  if (const auto event = OutcomeOfDependencies(writer, job.id)) {
    Step step = Apply(writer, job.id, *event, job.submitted_at, {job.submitted_by});
    job.state = step.next.state;
    job.reason = step.next.reason;
    job.ended_at = step.next.ended_at;
    std::move(step.transitions.begin(), step.transitions.end(), std::back_inserter(job.transitions));
  } else {
    job.reason = WaitsFor(writer, job.id);
  }
  return job;
}

Step JobStore::Apply(sql::Writer& writer, const JobId& id, const JobEvent& event, Instant now,
                     const Actor& by) {
  Step step = ApplyAlone(writer, id, event, now, by);
  if (step.changed && IsTerminal(step.next.state)) MovePending(writer, id, now);
  return step;
}

void JobStore::MovePending(sql::Writer& writer, const JobId& ended, Instant now) {
  // One after the other and not by recursion: a chain may be as long as there are jobs.
  std::deque<JobId> causes = {ended};
  for (; !causes.empty(); causes.pop_front()) {
    for (const JobId& id : PendingAfter(writer, causes.front())) {
      const auto event = OutcomeOfDependencies(writer, id);
      if (!event) continue;
      const Step step = ApplyAlone(writer, id, *event, now, {"orrery"});
      if (IsTerminal(step.next.state)) causes.push_back(id);
      writer.AfterCommit([this, id] { mailbox_.PutJob(id); });
    }
  }
}

Step JobStore::ApplyAlone(sql::Writer& writer, const JobId& id, const JobEvent& event, Instant now,
                          const Actor& by) {
  static const std::string kSelect = "SELECT " + sql::Columns<MovingRow>() + " FROM jobs WHERE id = ?";
  const auto row = writer.First<MovingRow>(kSelect, id);
  if (!row) throw Error(Code::kNotFound, "no job has this id: " + Quoted(id.text()), "job_id");
  const Standing before = StandingOf(writer, id, *row);
  Step step = Advance(before, event, now, {row->retries, std::chrono::seconds(row->retry_delay_seconds)});
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
      "UPDATE jobs SET state = ?, reason = ?, cancel_requested = ?, preempting = ?, failures = ?, retry_at = "
      "?, "
      "started_at = ?, ended_at = ?, attempt = ? WHERE id = ?",
      next.state, next.reason, next.cancel_requested, next.preempting, next.failures, next.retry_at,
      next.started_at, next.ended_at, next.attempt ? next.attempt->number : 0, id);
  for (const Transition& transition : step.transitions) {
    Record(writer, id, transition, row->name, by);
    FollowWithRun(writer, row->run_id, before, next, transition);
  }
  return step;
}

void JobStore::FollowWithRun(sql::Writer& writer, const std::string& run_id, const Standing& before,
                             const Standing& next, const Transition& transition) {
  const auto phase = PhaseFor(transition.state);
  // A run is created scheduled, and began when the first attempt did.
  if (!phase || (phase == RunPhase::kScheduled && !before.attempt)) return;
  runs_.Follow(writer, run_id, *phase, phase == RunPhase::kRunning ? *next.started_at : transition.at);
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
