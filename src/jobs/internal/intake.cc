#include "jobs/internal/intake.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "jobs/internal/array.h"
#include "jobs/internal/batch.h"
#include "jobs/internal/code.h"
#include "jobs/internal/inputs.h"
#include "jobs/validate.h"

namespace orrery::jobs::internal {
namespace {

constexpr char kBetweenIds = ',';
constexpr size_t kMostArrayBytes = 64 << 20;
constexpr size_t kMostInBatch = 1'000;

std::string AnswerOf(const std::vector<Draft>& drafts) {
  std::string answer;
  for (const Draft& draft : drafts) {
    if (!answer.empty()) answer += kBetweenIds;
    answer += draft.job.id.text();
  }
  return answer;
}

/// The same error, about job `place` of several.
Error InBatch(const Error& error, size_t place) {
  const std::string job = "jobs[" + std::to_string(place) + "]";
  const std::string what = error.what();
  const bool names_field = !error.field().empty() && what.starts_with(error.field());
  return Error(error.code(), job + (names_field ? "." : ": ") + what,
               error.field().empty() ? job : job + "." + error.field());
}

}  // namespace

std::optional<sql::IdempotencyKey> Intake::KeyOf(const std::string& key,
                                                 const std::function<std::string()>& what, const Actor& by) {
  if (key.empty()) return std::nullopt;
  return sql::IdempotencyKey{by.name, key, DigestOf(what())};
}

std::optional<std::vector<Job>> Intake::Answered(const std::optional<sql::IdempotencyKey>& key) {
  if (!key) return std::nullopt;
  return with_.database.Read([&](sql::Reader& reader) -> std::optional<std::vector<Job>> {
    const auto answer = sql::FindAnswer(reader, *key);
    if (!answer) return std::nullopt;
    return Read(reader, *answer);
  });
}

std::vector<Job> Intake::Read(sql::Reader& reader, const std::string& answer) {
  std::vector<Job> jobs;
  for (size_t begin = 0; begin <= answer.size();) {
    const size_t end = std::min(answer.find(kBetweenIds, begin), answer.size());
    jobs.push_back(store_.Find(reader, JobId::Parse(answer.substr(begin, end - begin))).value());
    begin = end + 1;
  }
  return jobs;
}

Draft Intake::Check(JobSpec spec, const JobId& id, const Actor& by) {
  ValidateSpec(spec);
  const std::vector<ExecutorNode> nodes = with_.executor.Nodes();
  if (const auto why = WhyNever(spec, nodes)) {
    throw Error(Code::kFailedPrecondition, "this job could never run here: it " + *why);
  }
  CheckQueue(spec, nodes);
  const auto unprepared = spec.environment ? with_.executor.WhyNever(*spec.environment) : std::nullopt;
  if (unprepared) {
    throw Error(Code::kFailedPrecondition, "this job could never run here: it " + *unprepared, "environment");
  }
  HashInputs(spec.inputs, with_.files);
  Draft draft;
  if (spec.code) draft.code = CodeObjects(*spec.code, with_.content);
  draft.job = {.id = id,
               .name = spec.name,
               .reason = "submitted by " + by.name,
               .spec = std::move(spec),
               .submitted_by = by.name,
               .submitted_at = with_.clock.Now()};
  draft.job.group = draft.job.spec.group;
  return draft;
}

void Intake::CheckQueue(const JobSpec& spec, const std::vector<ExecutorNode>& nodes) {
  if (queues_.empty()) return;
  const auto found = queues_.find(spec.queue);
  if (found == queues_.end()) {
    std::string names;
    for (const auto& [name, config] : queues_) names += (names.empty() ? "" : ", ") + name;
    throw InvalidField("queue", "no such queue: expected one of " + names + ", got " + Quoted(spec.queue));
  }
  if (const auto why = WhyNeverIn(found->first, found->second, spec, nodes)) {
    throw Error(Code::kFailedPrecondition, "this job could never run here: it " + *why, "queue");
  }
}

std::vector<Draft> Intake::CheckArray(const ArraySpec& array, const Actor& by) {
  const std::vector<int64_t> indices = ParseArray(array.array);
  const size_t bytes = indices.size() * ToJson(array.spec).size();
  if (bytes > kMostArrayBytes) {
    throw InvalidField("array", "too large: tasks times the bytes of the spec are at most " +
                                    std::to_string(kMostArrayBytes) + ", got " + std::to_string(bytes));
  }
  const std::string group = array.spec.group.value_or(with_.random.Hex(16));
  // The longest names stand for all.
  const int64_t largest = *std::max_element(indices.begin(), indices.end());
  ValidateSpec(TaskOf(array.spec, largest, group));
  const Draft first = Check(array.spec, JobId::Draw(with_.random), by);
  std::vector<Draft> drafts;
  drafts.reserve(indices.size());
  for (const int64_t index : indices) {
    Draft& draft = drafts.emplace_back(first);
    draft.job.id = JobId::Draw(with_.random);
    draft.job.spec = TaskOf(std::move(draft.job.spec), index, group);
    draft.job.name = draft.job.spec.name;
    draft.job.group = group;
    draft.job.array_index = index;
  }
  return drafts;
}

std::vector<Draft> Intake::CheckBatch(const BatchSpec& batch, const Actor& by) {
  if (batch.jobs.empty() || batch.jobs.size() > kMostInBatch) {
    throw InvalidField("jobs", "expected 1 to " + std::to_string(kMostInBatch) + " jobs, got " +
                                   std::to_string(batch.jobs.size()));
  }
  std::vector<JobSpec> specs = batch.jobs;
  std::vector<JobId> ids;
  for (size_t i = 0; i < specs.size(); ++i) ids.push_back(JobId::Draw(with_.random));
  ResolveNames(specs, ids);
  std::vector<Draft> drafts;
  for (size_t i = 0; i < specs.size(); ++i) {
    try {
      drafts.push_back(Check(std::move(specs[i]), ids[i], by));
    } catch (const Error& error) {
      throw InBatch(error, i);
    }
  }
  return drafts;
}

std::vector<Job> Intake::Store(const std::vector<Draft>& drafts, const Actor& by,
                               const std::optional<sql::IdempotencyKey>& key) {
  return with_.database.Write([&](sql::Writer& writer) {
    if (key) {
      if (const auto answer = sql::FindAnswer(writer, *key)) return Read(writer, *answer);
      sql::KeepAnswer(writer, *key, AnswerOf(drafts), with_.clock.Now());
    }
    Refer(writer, drafts);
    std::vector<Job> stored;
    for (const Draft& draft : drafts) {
      Job& job = stored.emplace_back(draft.job);
      const OwnedRun run = with_.runs.Create(writer, job.id, job.spec, by);
      job.run_id = run.run_id;
      job.experiment_id = run.experiment_id;
      store_.Insert(writer, job);
    }
    // Only now is there every job that one of them may run after.
    bool cancelled = false;
    for (Job& job : stored) {
      job = store_.Settle(writer, std::move(job));
      cancelled = cancelled || IsTerminal(job.state);
    }
    // Which may have taken others along.
    for (Job& job : stored) {
      if (cancelled) job = store_.Find(writer, job.id).value();
    }
    writer.AfterCommit([this, &drafts] {
      for (const Draft& draft : drafts) mailbox_.PutJob(draft.job.id);
    });
    return stored;
  });
}

void Intake::Refer(sql::Writer& writer, const std::vector<Draft>& drafts) {
  // No job is ever deleted: the first one that has an object keeps it for all of the request.
  std::set<Digest> referred;
  for (const Draft& draft : drafts) {
    for (const Digest& digest : draft.code) {
      if (referred.insert(digest).second) with_.content.Refer(writer, digest, "job:" + draft.job.id.text());
    }
  }
}

}  // namespace orrery::jobs::internal
