#include "jobs/internal/scheduler_loop.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "jobs/job_words.h"
#include "jobs/validate.h"

namespace orrery::jobs::internal {
namespace {

const Actor kServer = {"orrery"};
constexpr std::chrono::milliseconds kRetryAfter{1'000};
constexpr std::chrono::milliseconds kShortestRevisit{100};

bool HoldsResources(const Standing& standing) {
  return standing.state == JobState::kStarting || standing.state == JobState::kRunning;
}

}  // namespace

SchedulerLoop::SchedulerLoop(Collaborators collaborators, ScriptSettings settings)
    : with_(collaborators),
      settings_(std::move(settings)),
      environments_(with_.executor, with_.content),
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
  const std::vector<LiveJob> live =
      with_.database.Read([&](sql::Reader& reader) { return with_.store.Live(reader); });
  std::vector<AttemptId> alive;
  for (const LiveJob& job : live) {
    Track(job);
    if (HoldsResources(job.standing)) alive.push_back({job.id.text(), job.standing.attempt.value().number});
  }
  watch_ = with_.executor.Watch([&mailbox = with_.mailbox] { mailbox.Wake(); });
  with_.executor.Adopt(alive);
  with_.mailbox.Wake();
}

void SchedulerLoop::Turn() {
  Mail mail = with_.mailbox.Take();
  pending_.jobs.merge(mail.jobs);
  std::move(mail.launched.begin(), mail.launched.end(), std::back_inserter(pending_.launched));

  Refresh(pending_.jobs);
  pending_.jobs.clear();
  std::vector<Todo> todo = Events(pending_.launched);
  std::vector<Todo> decided;
  auto picture = DecideAfter(todo, decided);
  std::move(decided.begin(), decided.end(), std::back_inserter(todo));
  for (const Launched& launched : pending_.launched) {
    const auto found = tracked_.find(JobId::Parse(launched.id.job_id));
    if (found != tracked_.end()) found->second.launching = false;
  }
  Carry(todo);
  pending_.launched.clear();
  TellCancelled();
  with_.board.Publish(std::move(picture));
}

void SchedulerLoop::Track(const LiveJob& job) {
  Tracked& tracked = tracked_[job.id];
  tracked.name = job.spec.name;
  tracked.seq = job.seq;
  tracked.priority = job.spec.priority;
  tracked.nodes = job.spec.nodes;
  tracked.need = NeedOf(job.spec);
  tracked.queue = job.spec.queue;
  tracked.gpu_type = job.spec.gpu_type.value_or("");
  if (tracked.held_gpu_type.empty()) tracked.held_gpu_type = tracked.gpu_type;
  if (job.spec.timeout_seconds) tracked.timeout_us = *job.spec.timeout_seconds * 1'000'000;
  tracked.has_environment = job.spec.environment.has_value();
  tracked.grace = std::chrono::seconds(job.spec.grace_seconds);
  tracked.retry = {job.spec.retries, std::chrono::seconds(job.spec.retry_delay_seconds)};
  Note(tracked, job.standing);
}

void SchedulerLoop::Note(Tracked& job, const Standing& standing) {
  if (!standing.retry_at) {
    job.due.reset();
  } else if (standing.retry_at != job.standing.retry_at) {
    const Microseconds longest = job.retry.Before(standing.failures);
    const Microseconds left = *standing.retry_at - with_.clock.Now();
    job.due = with_.clock.Monotonic() + std::clamp(left, Microseconds(0), longest);
  }
  job.standing = standing;
}

std::optional<std::chrono::milliseconds> SchedulerLoop::UntilNextChange() {
  std::optional<Clock::Monotonics> next = revisit_at_;
  for (const auto& [id, job] : tracked_) {
    if (job.due && job.due > decided_at_ && (!next || job.due < next)) next = job.due;
  }
  if (!next) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - with_.clock.Monotonic());
  return std::max(left, std::chrono::milliseconds(0));
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
  for (const LiveJob& job : jobs) {
    if (IsTerminal(job.standing.state)) {
      tracked_.erase(job.id);
    } else {
      Track(job);
    }
  }
}

std::vector<SchedulerLoop::Todo> SchedulerLoop::Events(const std::vector<Launched>& launched) {
  std::vector<Todo> todo;
  std::set<AttemptId> failed;
  for (const Launched& result : launched) {
    if (!result.failure) continue;
    failed.insert(result.id);
    todo.push_back({JobId::Parse(result.id.job_id), Ended{result.id.number, *result.failure}});
  }
  for (const AttemptObservation& seen : with_.executor.Observe()) {
    if (failed.contains(seen.id)) continue;
    const JobId id = JobId::Parse(seen.id.job_id);
    const auto found = tracked_.find(id);
    if (found != tracked_.end()) {
      AddObservation(seen, found->second, todo);
    } else if (seen.outcome) {
      // Its end was stored before, and the executor was not told.
      todo.push_back({id, Ended{seen.id.number, *seen.outcome}});
    }
  }
  return todo;
}

void SchedulerLoop::AddObservation(const AttemptObservation& seen, const Tracked& tracked,
                                   std::vector<Todo>& todo) {
  const JobId id = JobId::Parse(seen.id.job_id);
  const int number = seen.id.number;
  const auto& attempt = tracked.standing.attempt;
  const bool pid_known = attempt && attempt->supervisor_pid;
  if (seen.supervisor_pid && !pid_known) todo.push_back({id, Claimed{number, *seen.supervisor_pid}});
  const bool began = seen.started_at_us && tracked.standing.state == JobState::kStarting;
  if (began || seen.outcome) AddEnvironment(seen.id, tracked, todo);
  if (began)
    todo.push_back({id, Started{number, Instant(Microseconds(*seen.started_at_us)), seen.enforcement}});
  if (seen.outcome) {
    todo.push_back({id, Ended{number, *seen.outcome}});
  } else if (seen.phase == AttemptPhase::kAbsent && !tracked.launching) {
    todo.push_back({id, Absent{number}});
  }
}

void SchedulerLoop::AddEnvironment(const AttemptId& id, const Tracked& tracked, std::vector<Todo>& todo) {
  const auto& attempt = tracked.standing.attempt;
  if (!tracked.has_environment || !attempt || attempt->number != id.number || attempt->environment) return;
  if (const auto digest = environments_.Store(id)) {
    todo.push_back({JobId::Parse(id.job_id), EnvironmentStored{id.number, *digest}});
  }
}

WaitingJob SchedulerLoop::WaitingOf(const JobId& id, const Tracked& job) {
  return {.id = id.text(),
          .name = job.name,
          .queue = job.queue,
          .sequence = job.seq,
          .priority = job.priority,
          .nodes = job.nodes,
          .need = job.need,
          .gpu_type = job.gpu_type,
          .estimate_us = job.timeout_us.value_or(kUnknownDurationUs)};
}

RunningJob SchedulerLoop::RunningOf(const JobId& id, const Tracked& job, int64_t now_us) {
  const Attempt& attempt = job.standing.attempt.value();
  const int64_t started_us = attempt.started_at ? attempt.started_at->time_since_epoch().count() : now_us;
  const bool ending = job.standing.preempting || job.standing.cancel_requested;
  const int64_t ends_us = ending ? now_us + Microseconds(job.grace).count()
                                 : started_us + job.timeout_us.value_or(kUnknownDurationUs);
  return {.job = WaitingOf(id, job),
          .nodes = {attempt.host},
          .gpu_type = job.held_gpu_type,
          .started_us = started_us,
          .expected_end_us = ends_us,
          .preempting = ending};
}

std::shared_ptr<const Picture> SchedulerLoop::DecideAfter(const std::vector<Todo>& todo,
                                                          std::vector<Todo>& decided) {
  std::set<JobId> ending;
  for (const Todo& item : todo) {
    if (std::holds_alternative<Ended>(item.event)) ending.insert(item.id);
  }
  auto picture = std::make_shared<Picture>();
  picture->at_us = with_.clock.Now().time_since_epoch().count();
  decided_at_ = with_.clock.Monotonic();
  ClusterState& state = picture->state;
  std::vector<SchedulerNode> nodes;
  for (const ExecutorNode& node : with_.executor.Nodes()) nodes.push_back({node.name, CapacityOf(node)});
  state.SetNodes(nodes);
  state.Promise(promised_, heirs_);
  for (const auto& [id, job] : tracked_) {
    if (HoldsResources(job.standing) && !ending.contains(id)) {
      state.Put(RunningOf(id, job, picture->at_us));
    } else if (job.standing.state == JobState::kQueued && (!job.due || job.due <= decided_at_)) {
      state.Put(WaitingOf(id, job));
    }
  }
  picture->decisions = Decide(state, picture->at_us);
  TakeDecisions(*picture, decided);
  return picture;
}

void SchedulerLoop::TakeDecisions(Picture& picture, std::vector<Todo>& decided) {
  const Decisions& decisions = picture.decisions;
  for (const Placement& placement : decisions.placements) {
    // Submit refuses gangs: this executor starts an attempt on one machine.
    ORRERY_CHECK_EQ(placement.nodes.size(), size_t{1});
    decided.push_back({JobId::Parse(placement.job_id), Placed{placement.nodes[0]}});
    tracked_.at(JobId::Parse(placement.job_id)).held_gpu_type = placement.gpu_type;
    picture.state.Start(placement, picture.at_us);
  }
  std::string why = "to make room";
  if (!decisions.awaiting.empty()) {
    const std::string& heir = decisions.awaiting.front();
    why += " for " + JobWords(heir, tracked_.at(JobId::Parse(heir)).name);
  }
  for (const std::string& victim : decisions.preemptions) {
    const JobId id = JobId::Parse(victim);
    decided.push_back({id, PreemptRequested{why}});
    picture.state.Preempt(victim, picture.at_us + Microseconds(tracked_.at(id).grace).count());
  }
  promised_.reset();
  if (decisions.reservation) promised_ = decisions.reservation->job_id;
  heirs_ = decisions.awaiting;
  revisit_at_.reset();
  if (decisions.revisit_us) {
    const Microseconds wait(*decisions.revisit_us - picture.at_us);
    revisit_at_ = decided_at_ + std::max<Microseconds>(wait, kShortestRevisit);
  }
}

void SchedulerLoop::Carry(const std::vector<Todo>& todo) {
  if (todo.empty()) return;
  struct Stored {
    std::vector<Step> steps;
    std::vector<LiveJob> launches;
  };
  const Stored stored = with_.database.Write([&](sql::Writer& writer) {
    Stored out;
    for (const Todo& item : todo) {
      out.steps.push_back(with_.store.Apply(writer, item.id, item.event, with_.clock.Now(), kServer));
      if (const auto* stored = std::get_if<EnvironmentStored>(&item.event)) {
        with_.content.Refer(writer, stored->digest, "job:" + item.id.text());
      }
      const auto& effects = out.steps.back().effects;
      if (std::find(effects.begin(), effects.end(), Effect::kLaunch) != effects.end()) {
        out.launches.push_back(with_.store.FindLive(writer, item.id).value());
      }
    }
    return out;
  });
  bool queued = false;
  bool usage_moves = !stored.launches.empty();
  for (size_t i = 0; i < todo.size(); ++i) {
    const Step& step = stored.steps[i];
    queued = queued || (step.changed && step.next.state == JobState::kQueued);
    usage_moves = usage_moves || (step.next.attempt && IsTerminal(step.next.attempt->state));
    const bool forget =
        std::find(step.effects.begin(), step.effects.end(), Effect::kForget) != step.effects.end();
    if (const auto* ended = std::get_if<Ended>(&todo[i].event); ended != nullptr && forget) {
      with_.executor.Forget({todo[i].id.text(), ended->number});
    } else if (const auto* absent = std::get_if<Absent>(&todo[i].event); absent != nullptr && forget) {
      with_.executor.Forget({todo[i].id.text(), absent->number});
    }
    const auto found = tracked_.find(todo[i].id);
    if (found == tracked_.end()) continue;
    Note(found->second, step.next);
    if (!step.next.attempt || IsTerminal(step.next.attempt->state)) found->second.cancelling = false;
    if (IsTerminal(step.next.state)) tracked_.erase(found);
  }
  if (usage_moves) with_.usage.Wake();
  // It waits again: who starts is to be decided anew.
  if (queued) with_.mailbox.Wake();
  for (const LiveJob& job : stored.launches) {
    tracked_.at(job.id).launching = true;
    AttemptLaunch launch = LaunchOf(job, settings_);
    launch.gpu_type = tracked_.at(job.id).held_gpu_type;
    launcher_->Put(std::move(launch));
  }
}

void SchedulerLoop::TellCancelled() {
  for (auto& [id, job] : tracked_) {
    const bool asked = job.standing.cancel_requested || job.standing.preempting;
    if (!asked || job.cancelling || job.launching || !HoldsResources(job.standing)) continue;
    with_.executor.Cancel({id.text(), job.standing.attempt.value().number});
    job.cancelling = true;
  }
}

}  // namespace orrery::jobs::internal
