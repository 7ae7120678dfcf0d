#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "jobs/executor.h"

namespace orrery::jobs {

/// Says how one attempt goes in a FakeExecutor, in virtual time.
struct FakeRun {
  /// From Start to the claim, from the claim to running, from running to the end.
  std::chrono::microseconds claim_after{0};
  std::chrono::microseconds run_after{0};
  std::chrono::microseconds end_after{0};
  /// Its started_at_us and ended_at_us are filled in.
  AttemptOutcome outcome{.cause = EndCause::kExited, .exit_code = 0};
  /// What its environment came to, once it runs.
  std::optional<EnvironmentSpec> resolved;
  /// Appears in the log when the attempt starts running.
  std::string log;
  /// Stands in the observation from the moment it runs.
  std::string enforcement;
  /// What ReadUsage tells of it: its first sample is taken when it starts running, one more for each second after it.
  /// CPU, disk and network grow by this every second.
  UsageSample usage_per_second;
  /// What ReadGpus tells of it while it runs.
  std::vector<GpuReading> gpus;
  /// Takes no notice of SIGTERM: a cancel ends it only after its grace time.
  bool ignores_sigterm = false;
};

/// Runs attempts in virtual time as a script says; nothing happens but in Advance. Enforces timeouts and
/// grace times. Callbacks run in the thread that calls Start, Cancel or Advance.
class FakeExecutor : public Executor {
 public:
  /// Decides how an attempt goes. What it throws, Start throws.
  using Script = std::function<FakeRun(const AttemptLaunch&)>;

  explicit FakeExecutor(std::vector<ExecutorNode> nodes = {{"fake", 4, 8LL << 30, {}}}, Script script = {},
                        std::int64_t now_us = 0);

  void Start(const AttemptLaunch& launch) override;
  void Cancel(const AttemptId& id) override;
  void Adopt(const std::vector<AttemptId>& alive) override;
  std::vector<AttemptObservation> Observe() override;
  void Forget(const AttemptId& id) override;
  std::unique_ptr<Subscription> Watch(std::function<void()> changed) override;
  std::unique_ptr<AttemptLog> OpenLog(const AttemptId& id) override;
  std::unique_ptr<Subscription> WatchLog(const AttemptId& id, std::function<void()> grown) override;
  std::vector<UsageSample> ReadUsage(const AttemptId& id, std::uint64_t& cursor) override;
  std::map<AttemptId, std::vector<GpuReading>> ReadGpus() override;
  std::optional<EnvironmentSpec> ResolvedEnvironment(const AttemptId& id) override;
  /// What SetRefusal was told.
  std::optional<std::string> WhyNever(const EnvironmentSpec& environment) override;
  std::vector<ExecutorNode> Nodes() override;

  /// Environments can be prepared no more, for this reason.
  void SetRefusal(const std::string& why);
  /// Replaces the script for attempts started from now on.
  void SetScript(Script script);
  /// Moves time on and lets everything happen that falls due, in order.
  void Advance(std::chrono::microseconds by);
  /// The server died: attempts go on, but are observed again only when adopted.
  void ForgetAll();
  /// The supervisor was killed: the attempt ends as lost with it.
  void Lose(const AttemptId& id);
  /// Adds to the log of an attempt, now.
  void AppendLog(const AttemptId& id, const std::string& bytes);
  /// Returns every launch that Start accepted, in order.
  std::vector<AttemptLaunch> Launches();
  std::int64_t NowMicros();

 private:
  struct Attempt {
    FakeRun run;
    AttemptObservation observation;
    bool observed = true;
    std::chrono::microseconds grace{0};
    int checkpoint_signal = SIGTERM;
    /// The next transition by itself; none once ended.
    std::optional<std::int64_t> due_us;
    std::optional<std::chrono::microseconds> timeout;
    /// Set once SIGTERM was sent: what the end will be put down to.
    std::optional<EndCause> terminated_for;
    std::string log;
  };
  class Registration;
  class MemoryLog;

  void RunDue(std::int64_t until_us);
  void Step(Attempt& attempt);
  void Terminate(Attempt& attempt, EndCause cause);
  void End(Attempt& attempt, AttemptOutcome outcome);
  std::unique_ptr<Subscription> Register(std::function<void()> callback);
  void Notify();

  std::mutex mutex_;
  std::vector<ExecutorNode> nodes_;
  Script script_;
  std::optional<std::string> refusal_;
  std::int64_t now_us_;
  std::map<AttemptId, Attempt> attempts_;
  std::vector<AttemptLaunch> launches_;
  // Never taken inside mutex_; held while callbacks run, so that none runs once its registration is gone.
  std::mutex watchers_mutex_;
  std::map<std::uint64_t, std::function<void()>> watchers_;
  std::uint64_t next_watcher_ = 1;
};

}  // namespace orrery::jobs
