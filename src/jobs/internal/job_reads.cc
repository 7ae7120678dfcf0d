#include <charconv>
#include <iterator>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "jobs/internal/dependencies.h"
#include "jobs/internal/job_rows.h"
#include "jobs/internal/job_store.h"

namespace orrery::jobs::internal {
namespace {

constexpr int kMostJobsAPage = 1'000;

struct SequencedRow {
  int64_t seq = 0;
  JobRow row;
};

SequencedRow ReadSequenced(const sql::Row& row) {
  return {sql::Get<int64_t>(row, 0), sql::Read<JobRow>(row, 1)};
}

std::string SelectJobs() {
  return "SELECT seq, " + sql::Columns<JobRow>() + " FROM jobs";
}

JobSpec StoredSpec(const std::string& text) {
  try {
    return FromJson<JobSpec>(text);
  } catch (const Error& error) {
    throw Error(Code::kDataLoss, std::string("the stored spec of a job cannot be read: ") + error.what());
  }
}

Job ToJob(sql::Reader& reader, JobRow row) {
  Job job{.id = JobId::Parse(row.id),
          .name = std::move(row.name),
          .state = row.state,
          .reason = std::move(row.reason),
          .spec = StoredSpec(row.spec),
          .run_id = std::move(row.run_id),
          .experiment_id = std::move(row.experiment_id),
          .group = std::move(row.group_name),
          .array_index = row.array_index,
          .submitted_by = std::move(row.submitted_by),
          .submitted_at = row.submitted_at,
          .started_at = row.started_at,
          .ended_at = row.ended_at};
  static const std::string kAttempts =
      "SELECT " + sql::Columns<Attempt>() + " FROM attempts WHERE job_id = ? ORDER BY number";
  job.attempts = reader.All<Attempt>(kAttempts, job.id);
  job.transitions = reader.All<Transition>(
      "SELECT state, at, cause FROM transitions WHERE job_id = ? ORDER BY seq", job.id);
  if (job.state == JobState::kPending) job.reason = WaitsFor(reader, job.id);
  return job;
}

LiveJob ToLive(sql::Reader& reader, SequencedRow sequenced) {
  JobRow& row = sequenced.row;
  LiveJob live{.id = JobId::Parse(row.id),
               .seq = sequenced.seq,
               .spec = StoredSpec(row.spec),
               .run_id = std::move(row.run_id),
               .experiment_id = std::move(row.experiment_id),
               .submitted_by = std::move(row.submitted_by),
               .submitted_at = row.submitted_at,
               .standing = {.state = row.state,
                            .reason = std::move(row.reason),
                            .cancel_requested = row.cancel_requested,
                            .preempting = row.preempting,
                            .failures = row.failures,
                            .retry_at = row.retry_at,
                            .started_at = row.started_at,
                            .ended_at = row.ended_at},
               .array_index = row.array_index};
  if (row.attempt > 0) {
    static const std::string kAttempt =
        "SELECT token, " + sql::Columns<Attempt>() + " FROM attempts WHERE job_id = ? AND number = ?";
    reader.Visit(
        kAttempt,
        [&](const sql::Row& found) {
          live.token = sql::Get<int64_t>(found, 0);
          live.standing.attempt = sql::Read<Attempt>(found, 1);
        },
        live.id, row.attempt);
    reader.Visit(
        "SELECT sum(max(ended_at - started_at, 0)) FROM attempts WHERE job_id = ?",
        [&](const sql::Row& sum) {
          live.ran = Microseconds(sql::Get<std::optional<int64_t>>(sum, 0).value_or(0));
        },
        live.id);
  }
  return live;
}

int64_t ParsePageToken(const std::string& token) {
  int64_t seq = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), seq);
  if (error != std::errc() || end != token.data() + token.size() || seq < 1) {
    throw InvalidField("page_token", "expected the next_page_token of a page before, got " + Quoted(token));
  }
  return seq;
}

/// Adds a condition with its value.
void Where(std::string& sql, std::vector<sql::Value>& values, std::string_view condition, sql::Value value) {
  sql += sql.find(" WHERE ") == std::string::npos ? " WHERE " : " AND ";
  sql += condition;
  values.push_back(std::move(value));
}

}  // namespace

std::optional<Job> JobStore::Find(sql::Reader& reader, const JobId& id) {
  static const std::string kSelect = "SELECT " + sql::Columns<JobRow>() + " FROM jobs WHERE id = ?";
  auto row = reader.First<JobRow>(kSelect, id);
  if (!row) return std::nullopt;
  return ToJob(reader, std::move(*row));
}

std::optional<JobStatus> JobStore::FindStatus(sql::Reader& reader, const JobId& id) {
  static const std::string kSelect = "SELECT " + sql::Columns<JobStatus>() + " FROM jobs WHERE id = ?";
  auto status = reader.First<JobStatus>(kSelect, id);
  if (status && status->state == JobState::kPending) status->reason = WaitsFor(reader, id);
  return status;
}

JobPage JobStore::List(sql::Reader& reader, const JobQuery& query) {
  if (query.limit < 1 || query.limit > kMostJobsAPage) {
    throw InvalidField(
        "limit", "expected 1 to " + std::to_string(kMostJobsAPage) + ", got " + std::to_string(query.limit));
  }
  std::string sql = SelectJobs();
  std::vector<sql::Value> values;
  if (!query.page_token.empty()) Where(sql, values, "seq < ?", ParsePageToken(query.page_token));
  if (!query.name.empty()) Where(sql, values, "name = ?", query.name);
  if (!query.group.empty()) Where(sql, values, "group_name = ?", query.group);
  if (!query.queue.empty()) Where(sql, values, "queue = ?", query.queue);
  if (!query.states.empty()) {
    // Once each: however often a caller repeats them, the statements stay few.
    const std::set<JobState> states(query.states.begin(), query.states.end());
    Where(sql, values, "state IN (?", EnumName(*states.begin()));
    for (auto state = std::next(states.begin()); state != states.end(); ++state) {
      sql += ", ?";
      values.emplace_back(EnumName(*state));
    }
    sql += ")";
  }
  sql += " ORDER BY seq DESC LIMIT ?";
  values.emplace_back(int64_t{query.limit} + 1);

  std::vector<SequencedRow> rows;
  reader.ForEach(sql, values, [&](const sql::Row& row) { rows.push_back(ReadSequenced(row)); });
  JobPage page;
  if (rows.size() > static_cast<size_t>(query.limit)) {
    rows.pop_back();
    page.next_page_token = std::to_string(rows.back().seq);
  }
  for (SequencedRow& row : rows) page.jobs.push_back(ToJob(reader, std::move(row.row)));
  return page;
}

std::vector<LiveJob> JobStore::Live(sql::Reader& reader) {
  std::vector<SequencedRow> rows;
  reader.Visit(SelectJobs() + " WHERE state IN ('PENDING', 'QUEUED', 'STARTING', 'RUNNING') ORDER BY seq",
               [&](const sql::Row& row) { rows.push_back(ReadSequenced(row)); });
  std::vector<LiveJob> live;
  for (SequencedRow& row : rows) live.push_back(ToLive(reader, std::move(row)));
  return live;
}

std::vector<JobId> JobStore::LiveInGroup(sql::Reader& reader, const std::string& group) {
  if (!reader.First<JobId>("SELECT id FROM jobs WHERE group_name = ? LIMIT 1", group))
    throw Error(Code::kNotFound, "no job is in this group: " + Quoted(group), "group");
  return reader.All<JobId>(
      "SELECT id FROM jobs WHERE group_name = ? AND state IN ('PENDING', 'QUEUED', 'STARTING', 'RUNNING') "
      "ORDER BY seq DESC",
      group);
}

std::optional<LiveJob> JobStore::FindLive(sql::Reader& reader, const JobId& id) {
  static const std::string kSelect = SelectJobs() + " WHERE id = ?";
  std::optional<SequencedRow> found;
  reader.Visit(
      kSelect, [&](const sql::Row& row) { found = ReadSequenced(row); }, id);
  if (!found) return std::nullopt;
  return ToLive(reader, std::move(*found));
}

}  // namespace orrery::jobs::internal
