#include "jobs/fake_executor.h"

#include <algorithm>
#include <csignal>
#include <tuple>
#include <utility>

#include "jobs/log_tail.h"

namespace orrery::jobs {

class FakeExecutor::Registration : public Subscription {
 public:
  Registration(FakeExecutor& executor, std::uint64_t id) : executor_(executor), id_(id) {}
  ~Registration() override {
    const std::lock_guard lock(executor_.watchers_mutex_);
    executor_.watchers_.erase(id_);
  }

 private:
  FakeExecutor& executor_;
  std::uint64_t id_;
};

class FakeExecutor::MemoryLog : public AttemptLog {
 public:
  MemoryLog(FakeExecutor& executor, AttemptId id) : executor_(executor), id_(std::move(id)) {}
  std::uint64_t Size() override {
    const std::lock_guard lock(executor_.mutex_);
    return executor_.attempts_.at(id_).log.size();
  }
  bool IsWhole() override { return true; }
  LogPart Read(std::uint64_t offset, std::size_t max_bytes) override {
    const std::lock_guard lock(executor_.mutex_);
    const std::string& log = executor_.attempts_.at(id_).log;
    LogPart part{.bytes = offset < log.size() ? log.substr(offset, max_bytes) : std::string(),
                 .next = offset};
    part.next += part.bytes.size();
    return part;
  }

 private:
  FakeExecutor& executor_;
  AttemptId id_;
};

FakeExecutor::FakeExecutor(std::vector<ExecutorNode> nodes, Script script, std::int64_t now_us)
    : nodes_(std::move(nodes)), script_(std::move(script)), now_us_(now_us) {}

void FakeExecutor::Start(const AttemptLaunch& launch) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = attempts_.find(launch.id);
    if (known != attempts_.end() && known->second.observation.phase != AttemptPhase::kAbsent) return;
    Attempt attempt;
    if (script_) attempt.run = script_(launch);
    attempt.observation.id = launch.id;
    attempt.grace = launch.grace;
    attempt.checkpoint_signal = launch.checkpoint_signal;
    attempt.timeout = launch.timeout;
    attempt.due_us = now_us_ + attempt.run.claim_after.count();
    attempts_[launch.id] = std::move(attempt);
    launches_.push_back(launch);
  }
  Notify();
}

void FakeExecutor::Cancel(const AttemptId& id) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = attempts_.find(id);
    if (found == attempts_.end() || found->second.observation.phase == AttemptPhase::kEnded) return;
    Terminate(found->second, EndCause::kCancelled);
  }
  Notify();
}

void FakeExecutor::Adopt(const std::vector<AttemptId>& alive) {
  {
    const std::lock_guard lock(mutex_);
    for (const AttemptId& id : alive) {
      const auto [entry, added] = attempts_.try_emplace(id);
      entry->second.observed = true;
      if (added) entry->second.observation = {.id = id, .phase = AttemptPhase::kAbsent};
    }
  }
  Notify();
}

std::vector<AttemptObservation> FakeExecutor::Observe() {
  const std::lock_guard lock(mutex_);
  std::vector<AttemptObservation> observations;
  for (const auto& [id, attempt] : attempts_) {
    if (attempt.observed) observations.push_back(attempt.observation);
  }
  return observations;
}

void FakeExecutor::Forget(const AttemptId& id) {
  const std::lock_guard lock(mutex_);
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) return;
  const AttemptPhase phase = found->second.observation.phase;
  if (phase == AttemptPhase::kEnded || phase == AttemptPhase::kAbsent) found->second.observed = false;
}

std::unique_ptr<Subscription> FakeExecutor::Watch(std::function<void()> changed) {
  return Register(std::move(changed));
}

std::unique_ptr<AttemptLog> FakeExecutor::OpenLog(const AttemptId& id) {
  const std::lock_guard lock(mutex_);
  const auto found = attempts_.find(id);
  if (found == attempts_.end() || found->second.observation.phase == AttemptPhase::kAbsent) return nullptr;
  return std::make_unique<MemoryLog>(*this, id);
}

std::unique_ptr<Subscription> FakeExecutor::WatchLog(const AttemptId&, std::function<void()> grown) {
  return Register(std::move(grown));
}

std::vector<UsageSample> FakeExecutor::ReadUsage(const AttemptId& id, std::uint64_t& cursor) {
  const std::lock_guard lock(mutex_);
  std::vector<UsageSample> samples;
  const auto found = attempts_.find(id);
  if (found == attempts_.end() || !found->second.observation.started_at_us) return samples;
  const auto& [run, observation] = std::tie(found->second.run, found->second.observation);
  const std::int64_t begin = *observation.started_at_us;
  const std::int64_t end = observation.outcome ? observation.outcome->ended_at_us : now_us_;
  const UsageSample& grows = run.usage_per_second;
  for (; begin + static_cast<std::int64_t>(cursor) * 1'000'000 <= end; ++cursor) {
    const auto seconds = static_cast<std::int64_t>(cursor);
    samples.push_back({begin + seconds * 1'000'000, grows.cpu_us * seconds, grows.memory_bytes,
                       grows.read_bytes * seconds, grows.write_bytes * seconds, grows.rx_bytes * seconds,
                       grows.tx_bytes * seconds});
  }
  return samples;
}

std::map<AttemptId, std::vector<GpuReading>> FakeExecutor::ReadGpus() {
  const std::lock_guard lock(mutex_);
  std::map<AttemptId, std::vector<GpuReading>> readings;
  for (const auto& [id, attempt] : attempts_) {
    const bool runs = attempt.observed && attempt.observation.phase == AttemptPhase::kRunning;
    if (runs && !attempt.run.gpus.empty()) readings[id] = attempt.run.gpus;
  }
  return readings;
}

std::optional<EnvironmentSpec> FakeExecutor::ResolvedEnvironment(const AttemptId& id) {
  const std::lock_guard lock(mutex_);
  const auto found = attempts_.find(id);
  if (found == attempts_.end() || !found->second.observation.started_at_us) return std::nullopt;
  return found->second.run.resolved;
}

std::optional<std::string> FakeExecutor::WhyNever(const EnvironmentSpec&) {
  const std::scoped_lock lock(mutex_);
  return refusal_;
}

void FakeExecutor::SetRefusal(const std::string& why) {
  const std::scoped_lock lock(mutex_);
  refusal_ = why;
}

std::vector<ExecutorNode> FakeExecutor::Nodes() {
  return nodes_;
}

void FakeExecutor::SetScript(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void FakeExecutor::Advance(std::chrono::microseconds by) {
  {
    const std::lock_guard lock(mutex_);
    RunDue(now_us_ + by.count());
  }
  Notify();
}

void FakeExecutor::ForgetAll() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, attempt] : attempts_) attempt.observed = false;
}

void FakeExecutor::Lose(const AttemptId& id) {
  {
    const std::lock_guard lock(mutex_);
    End(attempts_.at(id), {.cause = EndCause::kLostWithSupervisor});
  }
  Notify();
}

void FakeExecutor::AppendLog(const AttemptId& id, const std::string& bytes) {
  {
    const std::lock_guard lock(mutex_);
    attempts_.at(id).log += bytes;
  }
  Notify();
}

std::vector<AttemptLaunch> FakeExecutor::Launches() {
  const std::lock_guard lock(mutex_);
  return launches_;
}

std::int64_t FakeExecutor::NowMicros() {
  const std::lock_guard lock(mutex_);
  return now_us_;
}

void FakeExecutor::RunDue(std::int64_t until_us) {
  const auto earlier = [](const auto& a, const auto& b) {
    if (!a.second.due_us) return false;
    return !b.second.due_us || *a.second.due_us < *b.second.due_us;
  };
  while (!attempts_.empty()) {
    Attempt& next = std::min_element(attempts_.begin(), attempts_.end(), earlier)->second;
    if (!next.due_us || *next.due_us > until_us) break;
    now_us_ = std::max(now_us_, *next.due_us);
    Step(next);
  }
  now_us_ = until_us;
}

void FakeExecutor::Step(Attempt& attempt) {
  AttemptObservation& seen = attempt.observation;
  if (attempt.terminated_for) {
    const int signal = attempt.run.ignores_sigterm ? SIGKILL : attempt.checkpoint_signal;
    End(attempt, {.cause = *attempt.terminated_for, .signal = signal});
  } else if (seen.phase == AttemptPhase::kLaunched) {
    seen.phase = AttemptPhase::kClaimed;
    seen.supervisor_pid = 1;
    attempt.due_us = now_us_ + attempt.run.run_after.count();
  } else if (seen.phase == AttemptPhase::kClaimed) {
    seen.phase = AttemptPhase::kRunning;
    seen.started_at_us = now_us_;
    seen.enforcement = attempt.run.enforcement;
    attempt.log += attempt.run.log;
    attempt.due_us =
        now_us_ + std::min(attempt.run.end_after, attempt.timeout.value_or(attempt.run.end_after)).count();
  } else if (attempt.timeout && *attempt.timeout < attempt.run.end_after) {
    Terminate(attempt, EndCause::kTimeout);
  } else {
    End(attempt, attempt.run.outcome);
  }
}

void FakeExecutor::Terminate(Attempt& attempt, EndCause cause) {
  if (attempt.terminated_for) return;
  const bool claimed = attempt.observation.phase >= AttemptPhase::kClaimed;
  attempt.terminated_for = cause;
  if (!claimed) return End(attempt, {.cause = cause});
  attempt.due_us = now_us_ + (attempt.run.ignores_sigterm ? attempt.grace.count() : 0);
}

void FakeExecutor::End(Attempt& attempt, AttemptOutcome outcome) {
  outcome.started_at_us = attempt.observation.started_at_us;
  outcome.ended_at_us = now_us_;
  if (outcome.log_tail.empty()) outcome.log_tail = LogTail(attempt.log);
  attempt.observation.phase = AttemptPhase::kEnded;
  attempt.observation.outcome = std::move(outcome);
  attempt.due_us.reset();
}

std::unique_ptr<Subscription> FakeExecutor::Register(std::function<void()> callback) {
  const std::lock_guard lock(watchers_mutex_);
  watchers_[next_watcher_] = std::move(callback);
  return std::make_unique<Registration>(*this, next_watcher_++);
}

void FakeExecutor::Notify() {
  const std::lock_guard lock(watchers_mutex_);
  for (const auto& [id, callback] : watchers_) callback();
}

}  // namespace orrery::jobs
