#include "jobs/internal/scheduler_loop.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace orrery::jobs::internal {
namespace {

const Actor kServer = {"orrery"};
constexpr std::chrono::milliseconds kRetryAfter{1'000};
// So many of the latest attempts say for how long jobs run.
constexpr int64_t kHistory = 5'000;

bool Has(const Step& step, Effect effect) {
  return std::find(step.effects.begin(), step.effects.end(), effect) != step.effects.end();
}

/// The attempt that the event ends; none for other events.
std::optional<int> EndedBy(const JobEvent& event) {
  if (const auto* ended = std::get_if<Ended>(&event)) return ended->number;
  if (const auto* absent = std::get_if<Absent>(&event)) return absent->number;
  return std::nullopt;
}

}  // namespace

SchedulerLoop::SchedulerLoop(Collaborators collaborators, Queues queues, ScriptSettings settings)
    : with_(collaborators),
      settings_(std::move(settings)),
      observations_(with_.executor, with_.content),
      tracked_(with_.clock),
      mirror_(with_.board, with_.executor, with_.clock, std::move(queues)),
      launcher_(std::make_unique<Launcher>(with_.executor, with_.mailbox, settings_.launchers)) {}

SchedulerLoop::~SchedulerLoop() {
  Stop();
}

void SchedulerLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void SchedulerLoop::Stop() {
  if (thread_.joinable()) {
    with_.mailbox.Close();
    thread_.join();
  }
  // The launcher first: it still speaks to the executor.
  launcher_.reset();
  watch_.reset();
}

void SchedulerLoop::Run() {
  bool recovered = false;
  std::optional<std::chrono::milliseconds> wait = std::chrono::milliseconds(0);
  while (!with_.mailbox.closed()) {
    with_.mailbox.Wait(wait);
    wait.reset();
    try {
      if (!recovered) Recover();
      recovered = true;
      Turn();
      wait = UntilNextChange();
    } catch (const std::exception& error) {
      // Nothing was changed; a full disk may have room again.
      Log(LogLevel::kError, "scheduler turn failed and will be repeated", {{"error", error.what()}});
      wait = kRetryAfter;
    }
  }
}

void SchedulerLoop::Recover() {
  const auto ended = with_.database.Read([&](sql::Reader& reader) { return LatestEnded(reader, kHistory); });
  const auto live = with_.database.Read([&](sql::Reader& reader) { return with_.store.Live(reader); });
  for (const EndedAttempt& attempt : ended) mirror_.Learn(attempt);
  std::vector<AttemptId> alive;
  for (const LiveJob& job : live) {
    tracked_.Take(job);
    if (tracked_.Find(job.id)->HoldsResources())
      alive.push_back({job.id.text(), job.standing.attempt.value().number});
  }
  watch_ = with_.executor.Watch([&mailbox = with_.mailbox] { mailbox.Wake(); });
  with_.executor.Adopt(alive);
  with_.mailbox.Wake();
}

void SchedulerLoop::Turn() {
  try {
    TurnOnce();
  } catch (...) {
    // What was decided may not have been stored.
    mirror_.Distrust();
    throw;
  }
}

void SchedulerLoop::TurnOnce() {
  Mail mail = with_.mailbox.Take();
  pending_.jobs.merge(mail.jobs);
  std::move(mail.launched.begin(), mail.launched.end(), std::back_inserter(pending_.launched));

  Refresh(pending_.jobs);
  pending_.jobs.clear();
  std::vector<Todo> todo = observations_.Events(tracked_, pending_.launched);
  std::set<JobId> ending;
  for (const Todo& item : todo) {
    const TrackedJob* job = tracked_.Find(item.id);
    const auto* ended = std::get_if<Ended>(&item.event);
    if (ended == nullptr || job == nullptr || !job->standing.attempt) continue;
    if (job->standing.attempt->number == ended->number) ending.insert(item.id);
  }
  std::vector<Todo> decided = mirror_.Decide(tracked_, ending);
  std::move(decided.begin(), decided.end(), std::back_inserter(todo));
  for (const Launched& launched : pending_.launched)
    tracked_.NoteLaunching(JobId::Parse(launched.id.job_id), false);
  Carry(todo);
  pending_.launched.clear();
  TellAsked();
}

void SchedulerLoop::Refresh(const std::set<JobId>& ids) {
  if (ids.empty()) return;
  const auto jobs = with_.database.Read([&](sql::Reader& reader) {
    std::vector<LiveJob> found;
    for (const JobId& id : ids) {
      if (auto job = with_.store.FindLive(reader, id)) found.push_back(std::move(*job));
    }
    return found;
  });
  for (const LiveJob& job : jobs) tracked_.Take(job);
}

SchedulerLoop::Stored SchedulerLoop::Store(const std::vector<Todo>& todo) {
  return with_.database.Write([&](sql::Writer& writer) {
    Stored stored;
    for (const Todo& item : todo) {
      stored.steps.push_back(with_.store.Apply(writer, item.id, item.event, with_.clock.Now(), kServer));
      if (const auto* environment = std::get_if<EnvironmentStored>(&item.event))
        with_.content.Refer(writer, environment->digest, "job:" + item.id.text());
      if (Has(stored.steps.back(), Effect::kLaunch))
        stored.launches.push_back(with_.store.FindLive(writer, item.id).value());
    }
    return stored;
  });
}

void SchedulerLoop::Carry(const std::vector<Todo>& todo) {
  if (todo.empty()) return;
  const Stored stored = Store(todo);
  bool moved = false;
  bool usage_moves = !stored.launches.empty();
  for (size_t i = 0; i < todo.size(); ++i) {
    const Step& step = stored.steps[i];
    // What was decided stands on the board; of all else it has to hear.
    moved = moved || (step.changed && !std::holds_alternative<Placed>(todo[i].event));
    usage_moves = usage_moves || (step.next.attempt && IsTerminal(step.next.attempt->state));
    Note(todo[i], step);
  }
  if (usage_moves) with_.usage.Wake();
  if (moved) with_.mailbox.Wake();
  for (const LiveJob& job : stored.launches) {
    tracked_.NoteLaunching(job.id, true);
    launcher_->Put(LaunchOf(job, settings_));
  }
  for (size_t i = 0; i < todo.size(); ++i) {
    const std::optional<int> ended = EndedBy(todo[i].event);
    if (ended && Has(stored.steps[i], Effect::kForget)) with_.executor.Forget({todo[i].id.text(), *ended});
  }
}

void SchedulerLoop::Note(const Todo& item, const Step& step) {
  const TrackedJob* job = tracked_.Find(item.id);
  if (job == nullptr) return;
  const auto& attempt = step.next.attempt;
  if (EndedBy(item.event) && step.changed && attempt && TellsDuration(*attempt))
    mirror_.Learn({job->kind, (*attempt->ended_at - *attempt->started_at).count()});
  tracked_.Note(item.id, step.next);
}

void SchedulerLoop::TellAsked() {
  for (const AttemptId& attempt : tracked_.ToEnd()) {
    with_.executor.Cancel(attempt);
    tracked_.NoteTold(JobId::Parse(attempt.job_id));
  }
}

std::optional<std::chrono::milliseconds> SchedulerLoop::UntilNextChange() {
  std::optional<Clock::Monotonics> next = mirror_.revisit_at();
  if (const auto due = tracked_.NextDue(); due && (!next || *due < *next)) next = due;
  if (!next) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - with_.clock.Monotonic());
  return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace orrery::jobs::internal
