#include "jobs/jobs.h"

#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "jobs/internal/array.h"
#include "jobs/internal/board.h"
#include "jobs/internal/cluster_view.h"
#include "jobs/internal/intake.h"
#include "jobs/internal/job_store.h"
#include "jobs/internal/mailbox.h"
#include "jobs/internal/scheduler_loop.h"
#include "jobs/internal/schema.h"
#include "jobs/internal/usage_recorder.h"
#include "jobs/reproduce.h"
#include "jobs/validate.h"

namespace orrery::jobs {
namespace {

Error NoSuchJob(const JobId& id) {
  return Error(Code::kNotFound, "no job has this id: " + Quoted(id.text()), "job_id");
}

}  // namespace

struct Jobs::Parts {
  Parts(const Collaborators& with, const Queues& queues)
      : store(with.events, with.runs, mailbox), intake(with, queues, store, mailbox) {}

  internal::Mailbox mailbox;
  internal::JobStore store;
  internal::Intake intake;
  internal::Board board;
  std::unique_ptr<internal::UsageRecorder> usage;
  std::unique_ptr<internal::SchedulerLoop> loop;  // wakes the recorder
};

Jobs::Jobs(Collaborators collaborators, Queues queues)
    : with_(collaborators),
      queues_(std::move(queues)),
      parts_(std::make_unique<Parts>(collaborators, queues_)) {}

Jobs::~Jobs() {
  Stop();
}

std::span<const sql::Migration> Jobs::Migrations() {
  return internal::Migrations();
}

void Jobs::MakeLoop(ScriptSettings settings) {
  parts_->usage = std::make_unique<internal::UsageRecorder>(
      internal::UsageRecorder::Collaborators{with_.database, with_.executor, with_.runs, with_.clock});
  parts_->loop = std::make_unique<internal::SchedulerLoop>(
      internal::SchedulerLoop::Collaborators{with_.database, parts_->store, with_.executor, parts_->mailbox,
                                             parts_->board, with_.clock, with_.content, *parts_->usage},
      queues_, std::move(settings));
}

void Jobs::Start(ScriptSettings settings) {
  MakeLoop(std::move(settings));
  parts_->loop->Start();
  parts_->usage->Start();
}

void Jobs::Prepare(ScriptSettings settings) {
  MakeLoop(std::move(settings));
  parts_->loop->Recover();
}

void Jobs::Turn() {
  parts_->loop->Turn();
  parts_->usage->Record(internal::UsageRecorder::Which::kAll);
}

void Jobs::Stop() {
  parts_->loop.reset();
  parts_->usage.reset();
}

template <typename T>
std::vector<T> Jobs::WithReasons(std::vector<T> jobs) {
  std::shared_ptr<const internal::Picture> picture;
  const int64_t now_us = with_.clock.Now().time_since_epoch().count();
  for (T& job : jobs) {
    if (job.state != JobState::kQueued) continue;
    if (picture == nullptr) picture = parts_->board.Latest();
    job.reason = picture->WhyWaits(job.id.text(), job.reason, now_us);
  }
  return jobs;
}

Job Jobs::Submit(JobSpec spec, const Actor& by, const std::string& idempotency_key) {
  return Take(std::move(spec), std::nullopt, by, idempotency_key);
}

Job Jobs::Take(JobSpec spec, std::optional<int64_t> array_index, const Actor& by,
               const std::string& idempotency_key) {
  const auto key = internal::Intake::KeyOf(
      idempotency_key, [&] { return "submit job " + ToJson(spec); }, by);
  // Before the checks: what they look at may have changed since the job was taken in.
  if (auto answer = parts_->intake.Answered(key)) return WithReasons(std::move(*answer)).front();
  std::vector<internal::Draft> drafts = {
      parts_->intake.Check(std::move(spec), JobId::Draw(with_.random), by)};
  drafts.front().job.array_index = array_index;
  return parts_->intake.Store(drafts, by, key).front();
}

JobArray Jobs::SubmitArray(const ArraySpec& array, const Actor& by, const std::string& idempotency_key) {
  const auto key = internal::Intake::KeyOf(
      idempotency_key, [&] { return "submit array " + ToJson(array); }, by);
  auto jobs = parts_->intake.Answered(key);
  if (!jobs) jobs = parts_->intake.Store(parts_->intake.CheckArray(array, by), by, key);
  return {.group = jobs->front().group.value(), .jobs = WithReasons(std::move(*jobs))};
}

std::vector<Job> Jobs::SubmitBatch(const BatchSpec& batch, const Actor& by,
                                   const std::string& idempotency_key) {
  const auto key = internal::Intake::KeyOf(
      idempotency_key, [&] { return "submit batch " + ToJson(batch); }, by);
  auto jobs = parts_->intake.Answered(key);
  if (!jobs) jobs = parts_->intake.Store(parts_->intake.CheckBatch(batch, by), by, key);
  return WithReasons(std::move(*jobs));
}

Job Jobs::Reproduce(const JobId& id, const Actor& by, const std::string& idempotency_key) {
  const Job original = Get(id);
  if (!IsTerminal(original.state)) {
    throw Error(Code::kFailedPrecondition,
                "the run's job has not ended yet, so what it comes to is not known: wait for it or cancel "
                "it; it is " +
                    EnumName(original.state));
  }
  try {
    return Take(SpecToReproduce(original, with_.content), original.array_index, by, idempotency_key);
  } catch (const Error& error) {
    if (error.field().starts_with("inputs[")) RefuseChangedInputs(original, with_.files);
    throw;
  }
}

Job Jobs::Get(const JobId& id) {
  auto job = with_.database.Read([&](sql::Reader& reader) { return parts_->store.Find(reader, id); });
  if (!job) throw NoSuchJob(id);
  return std::move(WithReasons(std::vector<Job>{std::move(*job)}).front());
}

JobStatuses Jobs::Statuses(const std::vector<JobId>& ids) {
  if (ids.size() > internal::kMostTasks) {
    throw InvalidField("ids", "too many: at most " + std::to_string(internal::kMostTasks) + ", got " +
                                  std::to_string(ids.size()));
  }
  return {WithReasons(with_.database.Read([&](sql::Reader& reader) {
    std::vector<JobStatus> statuses;
    statuses.reserve(ids.size());
    for (const JobId& id : ids) {
      auto status = parts_->store.FindStatus(reader, id);
      if (!status) throw NoSuchJob(id);
      statuses.push_back(std::move(*status));
    }
    return statuses;
  }))};
}

JobPage Jobs::List(const JobQuery& query) {
  JobPage page = with_.database.Read([&](sql::Reader& reader) { return parts_->store.List(reader, query); });
  page.jobs = WithReasons(std::move(page.jobs));
  return page;
}

Job Jobs::Cancel(const JobId& id, const Actor& by) {
  with_.database.Write([&](sql::Writer& writer) {
    const Step step = parts_->store.Apply(writer, id, CancelRequested{by.name}, with_.clock.Now(), by);
    // One that was asked for before is granted again: its first answer may have been lost.
    if (!step.changed && !step.next.cancel_requested) {
      throw Error(Code::kFailedPrecondition,
                  "the job has ended and cannot be cancelled any more: it is " + EnumName(step.next.state));
    }
    writer.AfterCommit([this, id] { parts_->mailbox.PutJob(id); });
  });
  return Get(id);
}

std::vector<Job> Jobs::CancelGroup(const std::string& group, const Actor& by) {
  return WithReasons(with_.database.Write([&](sql::Writer& writer) {
    const std::vector<JobId> live = parts_->store.LiveInGroup(writer, group);
    std::vector<Job> jobs;
    for (const JobId& id : live) {
      parts_->store.Apply(writer, id, CancelRequested{by.name}, with_.clock.Now(), by);
      jobs.push_back(parts_->store.Find(writer, id).value());
      writer.AfterCommit([this, id] { parts_->mailbox.PutJob(id); });
    }
    return jobs;
  }));
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

Cluster Jobs::Capacity(size_t most) {
  std::vector<SchedulerNode> nodes;
  for (const ExecutorNode& node : with_.executor.Nodes()) nodes.push_back({node.name, CapacityOf(node)});
  return internal::ViewOf(*parts_->board.Latest(), nodes, most, with_.clock.Now());
}

int64_t Jobs::Decisions() {
  return parts_->board.Look([](const internal::Scene& scene) { return scene.decisions_made; });
}

}  // namespace orrery::jobs
