#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/processes.h"
#include "jobs/executor.h"
#include "jobs/local/attempt_files.h"
#include "jobs/local/callbacks.h"
#include "jobs/local/code_source.h"
#include "jobs/local/environment_sweep.h"
#include "jobs/local/file_watch.h"
#include "jobs/local/launch_plan.h"

namespace orrery::jobs::local {

/// Runs attempts on this machine, each under a supervisor of its own that outlives this process.
///
/// What it knows of an attempt is what the files of its directory say (AttemptFiles), so that a new process knows as much
/// as the old one did. The kernel tells it when they change. Start returns once the attempt is claimed.
/// Errors of Start: invalid_argument (the command, the manifest), not_found and data_loss (code), failed_precondition (no
/// Python), storage_full, resource_exhausted, internal.
class LocalExecutor : public Executor {
 public:
  /// Everything must outlive this object. Installs the supervisor. Errors: storage_full, internal.
  LocalExecutor(LocalExecutorOptions options, FileSystem& files, Processes& processes, Clock& clock,
                CodeSource& code);
  ~LocalExecutor() override;

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
  std::optional<std::string> WhyNever(const EnvironmentSpec& environment) override;
  std::vector<ExecutorNode> Nodes() override;

  /// Removes the environments that no attempt was given for longer than `keep`, but none that one uses. After Adopt.
  /// Errors: storage_full, internal.
  SweptEnvironments SweepEnvironments(Microseconds keep);

 private:
  /// How far Start is: its files are not there yet, and those of an earlier try tell nothing; or no supervisor has
  /// answered yet, and that there is no claim tells nothing.
  enum class StartStage { kNone, kLayingOut, kSpawning };
  struct Held {
    AttemptObservation seen;
    StartStage stage = StartStage::kNone;
    bool cancel_wanted = false;
    bool cancel_sent = false;
    int watch = FileWatch::kAll;
    Devices devices;
  };
  struct LogWatch {
    AttemptId id;
    int watchers = 0;
  };

  void SweepGroups();
  bool IsInUse(const std::string& environment);
  AttemptFiles FilesOf(const AttemptId& id) const;
  std::optional<Devices> Enter(const AttemptLaunch& launch);
  void Leave(const AttemptId& id);
  bool ClearRemains(const AttemptFiles& files);
  void LayOutAttempt(const AttemptFiles& files, const AttemptLaunch& launch, const Devices& devices);
  void RemoveEarlierWork(const AttemptId& id);
  void StartSupervisor(const AttemptFiles& files);
  void RemoveInUse(const std::string& directory);
  void RemoveQuietly(const std::string& directory);

  // With mutex_ held.
  void WatchRecords(Held& held);
  void StopWatchingRecords(Held& held);
  void Refresh(Held& held);
  void RefreshOrLog(Held& held, bool lock_closed);
  void SendCancel(Held& held, const AttemptFacts& facts);
  void End(Held& held, AttemptOutcome outcome);
  std::string LogTailOf(const AttemptId& id) const;
  void Changed(const AttemptId& id);
  void TakeEvent(const FileWatch::Event& event);

  void RetryUnread();
  std::set<int> OwnCpus() const;
  std::vector<int> SharedCpus() const;
  struct Move {
    AttemptId id;
    pid_t supervisor = 0;
  };
  std::vector<Move> TakeMoves(const std::vector<int>& cpus);
  void MakeMoves(const std::vector<Move>& moves, const std::vector<int>& cpus);

  void WatchLoop();
  void StopWatchingLog(int watch);

  const LocalExecutorOptions options_;
  FileSystem& files_;
  Processes& processes_;
  Clock& clock_;
  CodeSource& code_;
  const std::string jobs_directory_;
  const std::string supervisor_;
  /// Whether images were found to be usable: looked into no more.
  std::atomic<bool> enters_images_ = false;

  FileWatch watch_;
  static constexpr int kAnyAttempt = 0;
  Callbacks<int> watchers_;
  Callbacks<AttemptId> log_watchers_;

  std::mutex mutex_;
  std::map<AttemptId, Held> attempts_;
  std::map<int, AttemptId> record_watches_;
  std::map<int, LogWatch> log_watches_;
  std::set<AttemptId> grown_;
  /// Whose records could not be read when they changed.
  std::set<AttemptId> unread_;
  bool changed_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace orrery::jobs::local
