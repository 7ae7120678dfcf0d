#include "jobs/local/local_executor.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "jobs/environment_spec.h"
#include "jobs/local/environment.h"
#include "jobs/local/file_log.h"
#include "jobs/local/gpus.h"
#include "jobs/local/outcome.h"
#include "jobs/local/supervisor_image.h"
#include "jobs/local/usage_file.h"
#include "jobs/local/workspace.h"

namespace orrery::jobs::local {
namespace {

Devices DevicesOf(const record::LaunchRecord& launch) {
  Devices devices{.gpus = launch.gpus, .cpus = {.shared = launch.cpus_are_shared.value_or(0) != 0}};
  for (const std::string& cpu : launch.cpus) devices.cpus.cpus.push_back(std::stoi(cpu));
  return devices;
}

}  // namespace

LocalExecutor::LocalExecutor(LocalExecutorOptions options, FileSystem& files, Processes& processes,
                             Clock& clock, CodeSource& code)
    : options_(std::move(options)),
      files_(files),
      processes_(processes),
      clock_(clock),
      code_(code),
      jobs_directory_(options_.data_directory + "/jobs"),
      supervisor_(InstallSupervisor(files, options_.data_directory + "/bin")),
      thread_([this] { WatchLoop(); }) {
  SweepGroups();
}

LocalExecutor::~LocalExecutor() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  watch_.Wake();
  thread_.join();
}

void LocalExecutor::SweepGroups() {
  try {
    options_.groups.Sweep(files_, [this](const AttemptId& id) { return FilesOf(id).Read().locked; });
  } catch (const Error& error) {
    // What is left of ended attempts costs little; the next start tries again.
    Log(LogLevel::kWarning, "cannot clear the control groups of ended attempts", {{"error", error.what()}});
  }
}

AttemptFiles LocalExecutor::FilesOf(const AttemptId& id) const {
  return {files_, jobs_directory_, id};
}

void LocalExecutor::Start(const AttemptLaunch& launch) {
  CheckLaunch(launch);
  const AttemptFiles files = FilesOf(launch.id);
  const std::optional<Devices> devices = Enter(launch);
  if (!devices) return;
  bool laid_out = false;
  try {
    if (ClearRemains(files)) {
      laid_out = true;
      LayOutAttempt(files, launch, *devices);
    }
    {
      const std::scoped_lock lock(mutex_);
      Held& held = attempts_.at(launch.id);
      WatchRecords(held);
      held.stage = StartStage::kSpawning;
      if (laid_out && held.cancel_wanted) files.Cancel();
    }
    if (laid_out) {
      RemoveEarlierWork(launch.id);
      StartSupervisor(files);
    }
  } catch (...) {
    Leave(launch.id);
    if (laid_out) RemoveQuietly(files.directory());
    throw;
  }
  const std::scoped_lock lock(mutex_);
  const auto held = attempts_.find(launch.id);
  if (held == attempts_.end()) return;  // ended and forgotten already
  held->second.stage = StartStage::kNone;
  RefreshOrLog(held->second, false);  // it is on its way, whether its records can be read now or later
}

// Notes that the attempt is being started, and gives it its devices; none when it is known already.
std::optional<Devices> LocalExecutor::Enter(const AttemptLaunch& launch) {
  const std::scoped_lock lock(mutex_);
  const auto known = attempts_.find(launch.id);
  if (known != attempts_.end() && known->second.seen.phase != AttemptPhase::kAbsent) return std::nullopt;
  std::set<std::string> used;
  for (const auto& [id, other] : attempts_) {
    if (other.seen.phase != AttemptPhase::kEnded)
      used.insert(other.devices.gpus.begin(), other.devices.gpus.end());
  }
  Devices devices{.gpus = PickGpus(options_.node.gpus, used, launch.gpus, launch.gpu_type),
                  .cpus = PickCpus(options_.cpus, OwnCpus(), launch.cpus)};
  Held& held = attempts_[launch.id];
  StopWatchingRecords(held);
  held = Held();
  held.seen.id = launch.id;
  held.stage = StartStage::kLayingOut;
  held.devices = devices;
  Changed(launch.id);
  return devices;
}

void LocalExecutor::Leave(const AttemptId& id) {
  const std::scoped_lock lock(mutex_);
  const auto held = attempts_.find(id);
  if (held == attempts_.end()) return;
  StopWatchingRecords(held->second);
  attempts_.erase(held);
  Changed(id);
}

// Makes room for a fresh layout. False: the attempt was claimed before, and must not be touched.
bool LocalExecutor::ClearRemains(const AttemptFiles& files) {
  if (!files.Exists()) return true;
  // A supervisor that an earlier server spawned may be about to claim.
  if (!files.Clear()) return false;
  files.Disarm();
  const std::string aside = files.directory() + ".cleared";
  RemoveInUse(aside);
  files_.Rename(files.directory(), aside);
  RemoveInUse(aside);
  return true;
}

// Removes a directory in which a supervisor may still be making its few files, before it finds that it may not claim.
void LocalExecutor::RemoveInUse(const std::string& directory) {
  constexpr int kMostTries = 20;
  for (int i = 1;; ++i) {
    try {
      return files_.RemoveAll(directory);
    } catch (const Error&) {
      if (i == kMostTries) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void LocalExecutor::LayOutAttempt(const AttemptFiles& files, const AttemptLaunch& launch,
                                  const Devices& devices) {
  constexpr uint32_t kPrivate = 0700;
  const auto write = [this](const std::string& path, std::string_view text) {
    // Not synced: after a power loss nothing of this attempt runs, and it is laid out again or lost.
    files_.Open(path, OpenMode::kCreateNew, 0600)->WriteAt(0, std::as_bytes(std::span(text)));
  };
  files_.CreateDirectories(ParentOf(files.directory()));
  files_.CreateDirectory(files.CheckpointDirectory(), kPrivate);
  files_.CreateDirectory(files.directory(), kPrivate);
  const std::string work = files.Path(record::kWorkDirectory);
  files_.CreateDirectory(work, kPrivate);
  if (launch.manifest) LayOut(files_, code_, Digest::Parse(*launch.manifest, "manifest"), work);
  if (launch.environment) {
    const ChosenEnvironment chosen = Chosen(*launch.environment);
    write(files.Path(std::string(chosen.field).c_str()), chosen.text);
  }
  write(files.Path(record::kLogFile), {});
  const record::LaunchRecord plan = PlanLaunch(files_, options_, launch, files, devices);
  write(files.Path(record::kLaunchFile), record::Encode(plan));
}

// Nothing reads it any more: what is to outlive an attempt lies in the checkpoint's folder. Renamed first, so that one that
// could not be removed as a whole is never taken for a working directory, and goes the next time.
void LocalExecutor::RemoveEarlierWork(const AttemptId& id) {
  for (int number = id.number - 1; number > 0; --number) {
    const std::string work = FilesOf({id.job_id, number}).Path(record::kWorkDirectory);
    const std::string aside = work + ".removed";
    try {
      if (files_.Exists(work)) files_.Rename(work, aside);
    } catch (const Error& error) {
      Log(LogLevel::kWarning, "cannot remove the working directory of an earlier attempt",
          {{"directory", work}, {"error", error.what()}});
    }
    RemoveQuietly(aside);
  }
}

// Returns when the attempt is claimed: by this supervisor, another one, or a cancel.
void LocalExecutor::StartSupervisor(const AttemptFiles& files) {
  const CommandResult result = processes_.Run({.argv = {supervisor_, files.Path(record::kLaunchFile)}});
  const int code = result.exit_code;
  if (code == record::kClaimed || code == record::kAlreadyClaimed || code == record::kAlreadyHeld) return;
  const std::string said =
      result.output.empty() ? "" : ": " + result.output.substr(0, result.output.find('\n'));
  if (code == record::kNoSpace) throw Error(Code::kStorageFull, "no space to run the job" + said);
  // Whatever happened to it, it is certain that it does not run: or else it has claimed.
  if (!files.Clear() && files.Read().locked) return;
  throw Error(Code::kInternal, "the supervisor did not start, exit code " + std::to_string(code) + said);
}

void LocalExecutor::RemoveQuietly(const std::string& directory) {
  try {
    files_.RemoveAll(directory);
  } catch (const Error& error) {
    // The error that led here matters more; the next Start of the attempt clears what is left.
    Log(LogLevel::kWarning, "cannot remove what an attempt left",
        {{"directory", directory}, {"error", error.what()}});
  }
}

void LocalExecutor::Cancel(const AttemptId& id) {
  const std::scoped_lock lock(mutex_);
  const auto found = attempts_.find(id);
  if (found == attempts_.end() || found->second.seen.phase == AttemptPhase::kEnded) return;
  Held& held = found->second;
  held.cancel_wanted = true;
  if (held.stage == StartStage::kLayingOut) return;  // Start sees it before it spawns
  FilesOf(id).Cancel();
  Refresh(held);
}

void LocalExecutor::Adopt(const std::vector<AttemptId>& alive) {
  const std::scoped_lock lock(mutex_);
  for (const AttemptId& id : alive) {
    const auto [entry, added] = attempts_.try_emplace(id);
    if (!added) continue;
    Held& held = entry->second;
    held.seen = {.id = id, .phase = AttemptPhase::kAbsent};
    const AttemptFiles files = FilesOf(id);
    if (files.Exists()) {
      if (const auto launch = files.ReadLaunch()) held.devices = DevicesOf(*launch);
      WatchRecords(held);
      Refresh(held);
    }
    Changed(id);
  }
}

std::vector<AttemptObservation> LocalExecutor::Observe() {
  const std::scoped_lock lock(mutex_);
  std::vector<AttemptObservation> observations;
  for (const auto& [id, held] : attempts_) observations.push_back(held.seen);
  return observations;
}

void LocalExecutor::Forget(const AttemptId& id) {
  const std::scoped_lock lock(mutex_);
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) return;
  const AttemptPhase phase = found->second.seen.phase;
  if (phase != AttemptPhase::kEnded && phase != AttemptPhase::kAbsent) return;
  StopWatchingRecords(found->second);
  attempts_.erase(found);
}

std::unique_ptr<Subscription> LocalExecutor::Watch(std::function<void()> changed) {
  return watchers_.Add(kAnyAttempt, std::move(changed));
}

std::unique_ptr<AttemptLog> LocalExecutor::OpenLog(const AttemptId& id) {
  const AttemptFiles files = FilesOf(id);
  const std::string path = files.Path(record::kLogFile);
  if (!files_.Exists(path)) return nullptr;
  return std::make_unique<FileLog>(files_, files_.Open(path, OpenMode::kRead),
                                   files.Path(record::kDroppedFile));
}

std::unique_ptr<Subscription> LocalExecutor::WatchLog(const AttemptId& id, std::function<void()> grown) {
  const std::string path = FilesOf(id).Path(record::kLogFile);
  int watch = FileWatch::kAll;
  if (files_.Exists(path)) {
    const std::scoped_lock lock(mutex_);
    watch = watch_.AddFile(path);
    LogWatch& entry = log_watches_[watch];
    entry.id = id;
    ++entry.watchers;
  }
  return log_watchers_.Add(id, std::move(grown), [this, watch] { StopWatchingLog(watch); });
}

void LocalExecutor::StopWatchingLog(int watch) {
  const std::scoped_lock lock(mutex_);
  const auto entry = log_watches_.find(watch);
  if (entry == log_watches_.end() || --entry->second.watchers > 0) return;
  watch_.Remove(watch);
  log_watches_.erase(entry);
}

std::vector<UsageSample> LocalExecutor::ReadUsage(const AttemptId& id, std::uint64_t& cursor) {
  constexpr std::size_t kMostBytes = 1 << 20;
  const std::string path = FilesOf(id).Path(record::kUsageFile);
  if (!files_.Exists(path)) return {};
  std::string text(kMostBytes, '\0');
  text.resize(files_.Open(path, OpenMode::kRead)->ReadAt(cursor, std::as_writable_bytes(std::span(text))));
  UsageLines lines = ParseUsage(text);
  cursor += lines.length;
  return std::move(lines.samples);
}

std::map<AttemptId, std::vector<GpuReading>> LocalExecutor::ReadGpus() {
  std::map<AttemptId, std::vector<std::string>> devices;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, held] : attempts_) {
      if (held.seen.phase == AttemptPhase::kRunning && !held.devices.gpus.empty())
        devices[id] = held.devices.gpus;
    }
  }
  std::map<AttemptId, std::vector<GpuReading>> out;
  if (devices.empty() || options_.nvml == nullptr) return out;
  std::map<std::string, GpuReading> readings;
  for (GpuReading& reading : options_.nvml->Sample()) readings[reading.id] = std::move(reading);
  for (const auto& [id, names] : devices) {
    for (const std::string& name : names) {
      const auto found = readings.find(name);
      out[id].push_back(found == readings.end() ? GpuReading{.id = name} : found->second);
    }
  }
  return out;
}

std::optional<EnvironmentSpec> LocalExecutor::ResolvedEnvironment(const AttemptId& id) {
  return FilesOf(id).ReadResolved();
}

std::optional<std::string> LocalExecutor::WhyNever(const EnvironmentSpec& environment) {
  if (environment.conda) {
    if (FindConda(files_, options_)) return std::nullopt;
    if (options_.conda.empty())
      return "needs conda, and there is no micromamba, conda or mamba here: install micromamba";
    return "needs conda, and there is no " + options_.conda + ": set `conda` in the server's configuration";
  }
  if (!environment.image) {
    if (files_.Exists(options_.python)) return std::nullopt;
    return "needs Python, and there is no interpreter " + options_.python +
           ": set `python` in the server's configuration";
  }
  if (enters_images_) return std::nullopt;
  auto why = WhyNoImages(files_, processes_, options_, supervisor_);
  enters_images_ = !why;
  return why;
}

SweptEnvironments LocalExecutor::SweepEnvironments(Microseconds keep) {
  return local::SweepEnvironments(files_, options_.data_directory + "/environments", clock_.Now() - keep,
                                  [this](const std::string& directory) { return IsInUse(directory); });
}

bool LocalExecutor::IsInUse(const std::string& environment) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, held] : attempts_) {
    if (held.seen.phase == AttemptPhase::kEnded) continue;
    const std::string link = FilesOf(id).Path("environment");
    try {
      if (files_.ReadLink(link) == environment) return true;
    } catch (const Error& error) {
      if (error.code() != Code::kNotFound) throw;  // it has none, or not yet
    }
  }
  return false;
}

std::vector<ExecutorNode> LocalExecutor::Nodes() {
  return {options_.node};
}

void LocalExecutor::WatchRecords(Held& held) {
  if (held.watch != FileWatch::kAll) return;
  held.watch = watch_.AddDirectory(FilesOf(held.seen.id).directory());
  record_watches_[held.watch] = held.seen.id;
}

void LocalExecutor::StopWatchingRecords(Held& held) {
  if (held.watch == FileWatch::kAll) return;
  watch_.Remove(held.watch);
  record_watches_.erase(held.watch);
  held.watch = FileWatch::kAll;
}

void LocalExecutor::Refresh(Held& held) {
  if (held.seen.phase == AttemptPhase::kEnded || held.stage == StartStage::kLayingOut) return;
  const AttemptFiles files = FilesOf(held.seen.id);
  AttemptFacts facts = files.Read();
  if (facts.ClaimIsVoid()) facts = {};
  const AttemptPhase before = held.seen.phase;
  if (facts.started) {
    held.seen.started_at_us = facts.started->started_at_us;
    held.seen.enforcement = facts.started->enforcement;
  }
  if (facts.outcome) return End(held, FromRecord(*facts.outcome, files));
  if (facts.claim && facts.claim->pid == record::ClaimRecord::kCancelled)
    return End(held, Withdrawn(clock_.Now()));
  if (facts.claimed && !facts.locked) {
    // Supervisor and guard were both killed: whoever they left is in the groups, if in any.
    if (const auto launch = files.ReadLaunch()) ClearGroups(files_, launch->groups);
    return End(held, Lost(facts, processes_.BootId(), clock_.Now()));
  }
  if (facts.claimed) {
    held.seen.phase = facts.started ? AttemptPhase::kRunning : AttemptPhase::kClaimed;
    if (facts.claim) held.seen.supervisor_pid = static_cast<int>(facts.claim->pid);
    SendCancel(held, facts);
  } else if (held.stage == StartStage::kNone) {
    held.seen.phase = facts.locked ? AttemptPhase::kLaunched : AttemptPhase::kAbsent;
  }
  if (held.seen.phase != before) Changed(held.seen.id);
}

void LocalExecutor::SendCancel(Held& held, const AttemptFacts& facts) {
  if (!held.cancel_wanted || held.cancel_sent || !facts.claim) return;
  held.cancel_sent =
      processes_.Signal({static_cast<pid_t>(facts.claim->pid),
                         static_cast<uint64_t>(facts.claim->start_ticks), facts.claim->boot_id},
                        SIGUSR1);
}

std::string LocalExecutor::LogTailOf(const AttemptId& id) const {
  try {
    return FilesOf(id).LogTail();
  } catch (const Error& error) {
    // How it ended matters more than its last words.
    Log(LogLevel::kWarning, "cannot read the end of an attempt's log",
        {{"job", id.job_id}, {"attempt", id.number}, {"error", error.what()}});
    return {};
  }
}

void LocalExecutor::End(Held& held, AttemptOutcome outcome) {
  held.seen.phase = AttemptPhase::kEnded;
  if (outcome.started_at_us) held.seen.started_at_us = outcome.started_at_us;
  outcome.log_tail = LogTailOf(held.seen.id);
  held.seen.outcome = std::move(outcome);
  StopWatchingRecords(held);
  Changed(held.seen.id);
}

void LocalExecutor::Changed(const AttemptId& id) {
  changed_ = true;
  grown_.insert(id);
  watch_.Wake();
}

void LocalExecutor::WatchLoop() {
  constexpr std::chrono::seconds kRetry{1};
  std::optional<std::chrono::milliseconds> at_most;
  while (true) {
    const std::vector<FileWatch::Event> events = watch_.Wait(at_most);
    std::set<int> topics;
    std::set<AttemptId> logs;
    std::vector<Move> moves;
    std::vector<int> shared;
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_) return;
      RetryUnread();
      for (const FileWatch::Event& event : events) TakeEvent(event);
      if (std::exchange(changed_, false)) topics.insert(kAnyAttempt);
      logs = std::exchange(grown_, {});
      shared = SharedCpus();
      moves = TakeMoves(shared);
      at_most = unread_.empty() ? std::nullopt : std::optional<std::chrono::milliseconds>(kRetry);
    }
    MakeMoves(moves, shared);
    watchers_.Call(topics);
    log_watchers_.Call(logs);
  }
}

std::set<int> LocalExecutor::OwnCpus() const {
  std::set<int> own;
  for (const auto& [id, held] : attempts_) {
    const CpuPins& pins = held.devices.cpus;
    if (held.seen.phase != AttemptPhase::kEnded && !pins.shared)
      own.insert(pins.cpus.begin(), pins.cpus.end());
  }
  return own;
}

std::vector<int> LocalExecutor::SharedCpus() const {
  constexpr double kAnyFraction = 0.5;
  return PickCpus(options_.cpus, OwnCpus(), kAnyFraction).cpus;
}

// Those that share CPUs give way to who got some for its own, and get back what became free.
std::vector<LocalExecutor::Move> LocalExecutor::TakeMoves(const std::vector<int>& cpus) {
  std::vector<Move> moves;
  for (auto& [id, held] : attempts_) {
    CpuPins& pins = held.devices.cpus;
    const bool runs = held.seen.phase == AttemptPhase::kRunning && held.seen.supervisor_pid;
    if (!runs || !pins.shared || cpus.empty() || pins.cpus == cpus) continue;
    pins.cpus = cpus;
    moves.push_back({id, *held.seen.supervisor_pid});
  }
  return moves;
}

void LocalExecutor::MakeMoves(const std::vector<Move>& moves, const std::vector<int>& cpus) {
  for (const Move& move : moves) {
    try {
      const auto launch = FilesOf(move.id).ReadLaunch();
      if (launch) MoveToCpus(files_, launch->groups, move.supervisor, cpus);
    } catch (const Error& error) {
      Log(LogLevel::kWarning, "cannot move an attempt to other CPUs",
          {{"job", move.id.job_id}, {"attempt", move.id.number}, {"error", error.what()}});
    }
  }
}

void LocalExecutor::RetryUnread() {
  for (const AttemptId& id : std::exchange(unread_, {})) {
    if (const auto held = attempts_.find(id); held != attempts_.end()) RefreshOrLog(held->second, false);
  }
}

void LocalExecutor::TakeEvent(const FileWatch::Event& event) {
  if (event.watch == FileWatch::kAll) {
    for (auto& [id, held] : attempts_) RefreshOrLog(held, false);
    for (const auto& [watch, log] : log_watches_) grown_.insert(log.id);
    return;
  }
  if (const auto log = log_watches_.find(event.watch); log != log_watches_.end())
    grown_.insert(log->second.id);
  const auto record = record_watches_.find(event.watch);
  if (record == record_watches_.end()) return;
  RefreshOrLog(attempts_.at(record->second), event.name == record::kLockFile);
}

void LocalExecutor::RefreshOrLog(Held& held, bool lock_closed) {
  try {
    if (lock_closed) FilesOf(held.seen.id).AwaitRelease();
    Refresh(held);
  } catch (const Error& error) {
    unread_.insert(held.seen.id);
    Log(LogLevel::kError, "cannot read the records of an attempt",
        {{"job", held.seen.id.job_id}, {"attempt", held.seen.id.number}, {"error", error.what()}});
  }
}

}  // namespace orrery::jobs::local
