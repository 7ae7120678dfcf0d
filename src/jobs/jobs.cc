#include "jobs/jobs.h"

#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "jobs/internal/board.h"
#include "jobs/internal/code.h"
#include "jobs/internal/inputs.h"
#include "jobs/internal/job_store.h"
#include "jobs/internal/mailbox.h"
#include "jobs/internal/scheduler_loop.h"
#include "jobs/internal/schema.h"
#include "jobs/reproduce.h"
#include "jobs/validate.h"

namespace orrery::jobs {
namespace {

Error NoSuchJob(const JobId& id) {
  return Error(Code::kNotFound, "no job has this id: " + Quoted(id.text()), "job_id");
}

std::string ReferrerOf(const JobId& id) {
  return "job:" + id.text();
}

}  // namespace

struct Jobs::Parts {
  explicit Parts(const Collaborators& with) : store(with.events, with.runs) {}

  internal::JobStore store;
  internal::Mailbox mailbox;
  internal::Board board;
  std::unique_ptr<internal::SchedulerLoop> loop;
};

Jobs::Jobs(Collaborators collaborators)
    : with_(collaborators), parts_(std::make_unique<Parts>(collaborators)) {}

Jobs::~Jobs() {
  Stop();
}

std::span<const sql::Migration> Jobs::Migrations() {
  return internal::Migrations();
}

void Jobs::MakeLoop(ScriptSettings settings) {
  parts_->loop = std::make_unique<internal::SchedulerLoop>(
      internal::SchedulerLoop::Collaborators{with_.database, parts_->store, with_.executor, parts_->mailbox,
                                             parts_->board, with_.clock, with_.content},
      std::move(settings));
}

void Jobs::Start(ScriptSettings settings) {
  MakeLoop(std::move(settings));
  parts_->loop->Start();
}

void Jobs::Prepare(ScriptSettings settings) {
  MakeLoop(std::move(settings));
  parts_->loop->Recover();
}

void Jobs::Turn() {
  parts_->loop->Turn();
}

void Jobs::Stop() {
  parts_->loop.reset();
}

std::optional<JobId> Jobs::Answered(const sql::IdempotencyKey& key) {
  const auto answer = with_.database.Read([&](sql::Reader& reader) { return sql::FindAnswer(reader, key); });
  if (!answer) return std::nullopt;
  return JobId::Parse(*answer);
}

Job Jobs::Submit(JobSpec spec, const Actor& by, const std::string& idempotency_key) {
  std::optional<sql::IdempotencyKey> key;
  if (!idempotency_key.empty()) {
    key = sql::IdempotencyKey{by.name, idempotency_key, DigestOf("submit job " + ToJson(spec))};
    // Before the checks: what they look at may have changed since the job was taken in.
    if (const auto id = Answered(*key)) return Get(*id);
  }
  ValidateSpec(spec);
  if (const auto why = WhyNever(spec, with_.executor.Nodes())) {
    throw Error(Code::kFailedPrecondition, "this job could never run here: it " + *why);
  }
  internal::HashInputs(spec.inputs, with_.files);
  std::vector<Digest> code;
  if (spec.code) code = internal::CodeObjects(*spec.code, with_.content);
  Job job{.id = JobId::Draw(with_.random),
          .name = spec.name,
          .reason = "submitted by " + by.name,
          .spec = std::move(spec),
          .submitted_by = by.name,
          .submitted_at = with_.clock.Now()};
  return Store(std::move(job), code, by, key);
}

Job Jobs::Store(Job job, const std::vector<Digest>& code, const Actor& by,
                const std::optional<sql::IdempotencyKey>& key) {
  const JobId id = with_.database.Write([&](sql::Writer& writer) {
    if (key) {
      if (const auto answer = sql::FindAnswer(writer, *key)) return JobId::Parse(*answer);
      sql::KeepAnswer(writer, *key, job.id.text(), job.submitted_at);
    }
    for (const Digest& digest : code) with_.content.Refer(writer, digest, ReferrerOf(job.id));
    const OwnedRun run = with_.runs.Create(writer, job.id, job.spec, by);
    job.run_id = run.run_id;
    job.experiment_id = run.experiment_id;
    parts_->store.Insert(writer, job);
    parts_->store.Apply(writer, job.id, Resolved{}, job.submitted_at, by);
    writer.AfterCommit([this, id = job.id] { parts_->mailbox.PutJob(id); });
    return job.id;
  });
  return Get(id);
}

Job Jobs::Reproduce(const JobId& id, const Actor& by, const std::string& idempotency_key) {
  const Job original = Get(id);
  try {
    return Submit(SpecToReproduce(original), by, idempotency_key);
  } catch (const Error& error) {
    if (error.field().starts_with("inputs[")) RefuseChangedInputs(original, with_.files);
    throw;
  }
}

Job Jobs::Get(const JobId& id) {
  auto job = with_.database.Read([&](sql::Reader& reader) { return parts_->store.Find(reader, id); });
  if (!job) throw NoSuchJob(id);
  if (job->state == JobState::kQueued) {
    job->reason = internal::WaitingReasons(parts_->board.Latest()).Of(id.text(), job->reason);
  }
  return std::move(*job);
}

JobPage Jobs::List(const JobQuery& query) {
  JobPage page = with_.database.Read([&](sql::Reader& reader) { return parts_->store.List(reader, query); });
  const internal::WaitingReasons reasons(parts_->board.Latest());
  for (Job& job : page.jobs) {
    if (job.state == JobState::kQueued) job.reason = reasons.Of(job.id.text(), job.reason);
  }
  return page;
}

Job Jobs::Cancel(const JobId& id, const Actor& by) {
  with_.database.Write([&](sql::Writer& writer) {
    const auto job = parts_->store.FindLive(writer, id);
    if (!job) throw NoSuchJob(id);
    // Already asked for, whatever came of it: the first answer may have been lost.
    if (job->standing.cancel_requested) return;
    if (IsTerminal(job->standing.state)) {
      throw Error(Code::kFailedPrecondition, "the job has ended and cannot be cancelled any more: it is " +
                                                 EnumName(job->standing.state));
    }
    parts_->store.Apply(writer, id, CancelRequested{by.name}, with_.clock.Now(), by);
    writer.AfterCommit([this, id] { parts_->mailbox.PutJob(id); });
  });
  return Get(id);
}

JobLog Jobs::OpenLog(const JobId& id, std::optional<int> number) {
  const Job job = Get(id);
  if (job.attempts.empty() && !number) return {.attempt = {id.text(), 1}, .ended = IsTerminal(job.state)};
  const Attempt* attempt = job.attempts.empty() ? nullptr : &job.attempts.back();
  if (number) {
    attempt = nullptr;
    for (const Attempt& candidate : job.attempts) {
      if (candidate.number == *number) attempt = &candidate;
    }
  }
  if (attempt == nullptr) {
    throw Error(Code::kNotFound,
                "the job has no such attempt: it has " + std::to_string(job.attempts.size()) +
                    ", asked for attempt " + std::to_string(number.value_or(0)),
                "attempt");
  }
  const AttemptId attempt_id{id.text(), attempt->number};
  return {.attempt = attempt_id,
          .begun = true,
          .ended = IsTerminal(attempt->state),
          .log = with_.executor.OpenLog(attempt_id)};
}

Cluster Jobs::Capacity() {
  const auto picture = parts_->board.Latest();
  Cluster cluster{.jobs_running = static_cast<int64_t>(picture->state.running()),
                  .jobs_waiting = static_cast<int64_t>(picture->state.waiting())};
  ClusterState state = picture->state;
  std::vector<SchedulerNode> nodes;
  for (const ExecutorNode& node : with_.executor.Nodes()) nodes.push_back({node.name, CapacityOf(node)});
  state.SetNodes(nodes);
  const auto free = FreeOf(state);
  for (const SchedulerNode& node : nodes) {
    const NodeResources& left = free.at(node.name);
    cluster.nodes.push_back({.name = node.name,
                             .cpus = static_cast<double>(node.total.millicpus) / 1000,
                             .cpus_free = static_cast<double>(left.millicpus) / 1000,
                             .memory_bytes = node.total.memory_bytes,
                             .memory_free_bytes = left.memory_bytes,
                             .gpus = static_cast<int>(node.total.Sum().gpus)});
  }
  return cluster;
}

}  // namespace orrery::jobs
