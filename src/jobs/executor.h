#pragma once

#include <chrono>
#include <compare>
#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job_spec.h"

namespace orrery::jobs {

/// Names one attempt of one job. Numbers count from 1.
struct AttemptId {
  std::string job_id;
  int number = 1;

  auto operator<=>(const AttemptId&) const = default;
};

/// Says everything an executor needs to run one attempt. Times are UTC microseconds since the epoch
/// throughout.
struct AttemptLaunch {
  AttemptId id;
  /// Stored with the claim; a higher token of the same attempt never runs beside a lower one.
  std::int64_t token = 0;
  /// The program and its arguments, looked up in the attempt's PATH, run in its working directory.
  std::vector<std::string> command;
  /// Added to the executor's own base environment; these win.
  std::map<std::string, std::string> env;
  /// Digest of the code manifest laid out in the working directory; none: an empty directory.
  std::optional<std::string> manifest;
  /// What is to be installed for it, once for all attempts that ask for the same.
  std::optional<EnvironmentSpec> environment;
  /// Files of the machine, by absolute paths, that it reads: found there in an image too.
  std::vector<std::string> inputs;
  double cpus = 1;
  std::int64_t memory_bytes = 512LL << 20;
  int gpus = 0;
  /// The type that all of them are of; empty: any one type.
  std::string gpu_type;
  std::optional<std::chrono::milliseconds> timeout;
  /// What asks the command to end, on cancel and on timeout: it may write a checkpoint first.
  int checkpoint_signal = SIGTERM;
  /// Time between that signal and SIGKILL.
  std::chrono::milliseconds grace{10'000};
};

/// Why an attempt ended.
enum class EndCause {
  kExited,              ///< by itself: see exit_code
  kSignalled,           ///< by a signal that was not ours: see signal
  kOutOfMemory,         ///< by the kernel, because it used up the memory that it was given
  kTimeout,             ///< ran longer than its timeout and was ended
  kCancelled,           ///< ended, or kept from starting, by Cancel
  kEnvironment,         ///< its environment could not be prepared: the log has the build's output
  kLaunchFailed,        ///< the program could not be executed: message says why
  kStorageFull,         ///< no space for its log or records
  kLostInReboot,        ///< the machine went down under it, and no outcome was written
  kLostWithSupervisor,  ///< its supervisor was killed, and no outcome was written
};

/// Returns the cause's name on the wire: "exited", "storage_full".
const char* Name(EndCause cause);

/// Tells how an attempt ended. exit_code is set for an exit, signal for a death by signal, whatever the
/// cause.
struct AttemptOutcome {
  EndCause cause = EndCause::kExited;
  std::optional<int> exit_code;
  std::optional<int> signal;
  /// In words, for people; empty when the cause says it all.
  std::string message;
  /// When the main step began; none when it never did.
  std::optional<std::int64_t> started_at_us;
  std::int64_t ended_at_us = 0;
  std::int64_t max_rss_bytes = 0;
  std::int64_t user_cpu_us = 0;
  std::int64_t system_cpu_us = 0;
  /// The log's last lines: at most 20 and 4 KiB, valid UTF-8.
  std::string log_tail;

  bool operator==(const AttemptOutcome&) const = default;
};

/// Where an attempt stands.
///
///   Start --> launched --> claimed --> running --> ended
///                \------------\---------------------^
///   Adopt --> any of these, or absent (nothing was executed and nothing can claim: Start may be called
///   again)
enum class AttemptPhase { kAbsent, kLaunched, kClaimed, kRunning, kEnded };

/// Reports one attempt as it stands now. `outcome` is set exactly in phase kEnded.
struct AttemptObservation {
  AttemptId id;
  AttemptPhase phase = AttemptPhase::kLaunched;
  std::optional<int> supervisor_pid;
  /// Set from kRunning on.
  std::optional<std::int64_t> started_at_us;
  /// Which limits hold it and by what, in words: "cgroup v1: memory, cpu, pids; cpus 0-1" or "rlimit: data of each
  /// process". Set from kRunning on; empty when nothing holds it.
  std::string enforcement;
  std::optional<AttemptOutcome> outcome;
};

/// One GPU, or one slice of one.
struct GpuDevice {
  /// What CUDA_VISIBLE_DEVICES takes: "GPU-5e1f...", "MIG-8a2c...", or a number where the driver tells no more.
  std::string id;
  /// "H100", for a slice "H100-1g.10gb"; empty when not known.
  std::string type;
  std::int64_t memory_bytes = 0;

  bool operator==(const GpuDevice&) const = default;
};

/// Describes one machine that an executor can place attempts on.
struct ExecutorNode {
  std::string name;
  double cpus = 0;
  std::int64_t memory_bytes = 0;
  std::vector<GpuDevice> gpus;
};

/// What an attempt, with all that it started, uses at one moment. The amounts but memory count up from its start, the
/// build of its environment included.
struct UsageSample {
  std::int64_t at_us = 0;
  std::int64_t cpu_us = 0;
  /// 0 in a last sample, of an attempt of which nothing runs any more.
  std::int64_t memory_bytes = 0;
  /// From and to disks.
  std::int64_t read_bytes = 0;
  std::int64_t write_bytes = 0;
  /// Over the network interfaces that it sees.
  std::int64_t rx_bytes = 0;
  std::int64_t tx_bytes = 0;

  bool operator==(const UsageSample&) const = default;
};

/// What one GPU, or one slice of one, does at this moment. What the driver does not tell is left out.
struct GpuReading {
  std::string id;  ///< as in GpuDevice
  /// Share of the time in which it computed, 0 to 1. Of a slice there is none.
  std::optional<double> utilization;
  std::optional<std::int64_t> memory_used_bytes;
  std::optional<std::int64_t> memory_bytes;
  /// Of a slice there is none.
  std::optional<double> power_watts;

  bool operator==(const GpuReading&) const = default;
};

/// Some of a log, and the offset to go on at.
struct LogPart {
  std::string bytes;
  std::uint64_t next = 0;
};

/// Reads an attempt's log as it grows. One user at a time.
class AttemptLog {
 public:
  virtual ~AttemptLog() = default;
  /// Returns the number of bytes written so far, those that were dropped since included.
  virtual std::uint64_t Size() = 0;
  /// Whether nothing was dropped to bound it: then its parts together are as long as it is.
  virtual bool IsWhole() = 0;
  /// Reads up to `max_bytes` from `offset`; empty at the end. In the place of what was dropped there is a line that says
  /// how much that was, however short `max_bytes` is.
  virtual LogPart Read(std::uint64_t offset, std::size_t max_bytes) = 0;
};

/// Keeps a callback registered for as long as it lives. After the destructor returned, the callback runs no
/// more.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

/// Runs attempts somewhere: on this machine (local/), later on Kubernetes. Never runs an attempt twice, and
/// loses none: what it knows is on disk (or in the cluster), not in this object. Placement is the caller's.
/// Safe to call from any thread. Callbacks come from the executor's own thread: they must be short, may not
/// block, and may not call the executor.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Prepares and starts an attempt; returns when it is on its way (kLaunched). May take as long as laying
  /// out the code does. Idempotent: starting an attempt again that is known or already claimed changes
  /// nothing. Throws when it cannot be started; then nothing was executed, and nothing will be.
  virtual void Start(const AttemptLaunch& launch) = 0;

  /// Asks an attempt to end: SIGTERM, then SIGKILL after its grace time. Returns at once; the end is
  /// observed. One that was not yet claimed never will be. Does nothing when it ended already or is not
  /// known.
  virtual void Cancel(const AttemptId& id) = 0;

  /// After a restart: takes up the attempts that the caller believes alive, before anything else is called.
  virtual void Adopt(const std::vector<AttemptId>& alive) = 0;

  /// Returns every attempt started or adopted and not yet forgotten, in the order of their ids.
  virtual std::vector<AttemptObservation> Observe() = 0;

  /// Drops an ended or absent attempt from Observe, once the caller has stored its outcome. Its log stays
  /// readable.
  virtual void Forget(const AttemptId& id) = 0;

  /// Calls `changed` whenever Observe may have something new to say. One watcher; it is called once for
  /// several changes.
  virtual std::unique_ptr<Subscription> Watch(std::function<void()> changed) = 0;

  /// Opens the log of any attempt this executor ever ran, ended ones included. Null when it has none.
  virtual std::unique_ptr<AttemptLog> OpenLog(const AttemptId& id) = 0;

  /// Calls `grown` when the attempt's log may have grown or its phase changed. Any number of watchers.
  virtual std::unique_ptr<Subscription> WatchLog(const AttemptId& id, std::function<void()> grown) = 0;

  /// Returns the samples of an attempt's use that were taken since `cursor`, which begins at 0 and is moved on behind
  /// them. Ended attempts keep theirs; none for one that is not known.
  virtual std::vector<UsageSample> ReadUsage(const AttemptId& id, std::uint64_t& cursor) = 0;

  /// Reads what the GPUs of the attempts that run do now; of each attempt in the order in which its command counts them.
  /// Attempts without a GPU, or whose GPUs nobody can read, are left out. Takes some milliseconds.
  virtual std::map<AttemptId, std::vector<GpuReading>> ReadGpus() = 0;

  /// Returns what the attempt's environment came to: a spec that installs exactly the same again. Known once its command
  /// began; none when it asked for no environment, or that could not be prepared.
  virtual std::optional<EnvironmentSpec> ResolvedEnvironment(const AttemptId& id) = 0;

  /// Returns why `environment` can never be prepared here, in words that follow "it"; none when it may be.
  virtual std::optional<std::string> WhyNever(const EnvironmentSpec& environment) = 0;

  /// Returns the machines and what they have in all, used or not.
  virtual std::vector<ExecutorNode> Nodes() = 0;
};

}  // namespace orrery::jobs
