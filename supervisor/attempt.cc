#include "supervisor/attempt.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "supervisor/clocks.h"
#include "supervisor/process.h"

namespace orrery::supervisor {

using jobs::record::Cause;
using jobs::record::OutcomeRecord;
using jobs::record::Step;

namespace {

// "0-2,5"
std::string Ranges(const std::vector<std::string>& cpus) {
  std::vector<int> numbers;
  for (const std::string& cpu : cpus) numbers.push_back(std::atoi(cpu.c_str()));
  std::sort(numbers.begin(), numbers.end());
  std::string text;
  for (std::size_t begin = 0, end = 0; begin < numbers.size(); begin = end) {
    for (end = begin + 1; end < numbers.size() && numbers[end] == numbers[end - 1] + 1;) ++end;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[begin]);
    if (end - begin > 1) text += "-" + std::to_string(numbers[end - 1]);
  }
  return text;
}

}  // namespace

sigset_t HandledSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
  return signals;
}

Attempt::Attempt(const jobs::record::LaunchRecord& launch, const AttemptDirectory& directory,
                 ReservedRecord started)
    : launch_(launch),
      directory_(directory),
      started_(std::move(started)),
      groups_(launch.groups),
      sampler_(groups_, directory.OpenUsage()),
      trimmer_(directory, launch.log_keep_bytes.value_or(0), PunchHole) {
  const sigset_t handled = HandledSignals();
  signals_ = Descriptor(signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
  timer_ = Descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
}

OutcomeRecord Attempt::Run() {
  if (!signals_ || !timer_) {
    outcome_.cause = Cause::kLaunchFailed;
    outcome_.message = std::string("the supervisor cannot watch processes: ") + strerror(errno);
  } else {
    for (std::size_t i = 0; i < launch_.steps.size(); ++i) {
      outcome_.step = static_cast<std::int64_t>(i);
      if (!RunStep(launch_.steps[i], i + 1 == launch_.steps.size())) break;
    }
  }
  KillEverything();
  sampler_.TakeLast();
  trimmer_.TrimLast();
  groups_.Remove();
  outcome_.ended_at_us = EndMicros();
  return outcome_;
}

// The wall clock may have been set while the command ran: it took as long as it took.
std::int64_t Attempt::EndMicros() const {
  if (!outcome_.started_at_us) return Micros(CLOCK_REALTIME);
  return *outcome_.started_at_us + Micros(CLOCK_BOOTTIME) - main_began_us_;
}

// Returns whether the next step may follow.
bool Attempt::RunStep(const Step& step, bool main) {
  TakeSignals();  // cancelled before anything was executed
  if (ending_) {
    outcome_.cause = *ending_;
    return false;
  }
  const Descriptor log = directory_.OpenLog();
  const int log_error = log ? 0 : errno;
  groups_.Make();  // again for each step: the end of the one before has closed them
  group_oom_kills_ = groups_.OomKills();
  machine_oom_kills_ = OomKillsOnMachine();
  const StartedStep started = log ? StartStep(step, launch_, groups_, log) : StartedStep();
  if (started.pid == 0) {
    const bool full = log_error == ENOSPC || log_error == EDQUOT;
    outcome_.cause = full ? Cause::kStorageFull : Cause::kLaunchFailed;
    outcome_.message = log ? started.message : std::string("cannot open the log: ") + strerror(log_error);
    return false;
  }
  pid_ = started.pid;
  pinned_ = started.pinned;
  status_.reset();
  if (main) {
    outcome_.started_at_us = Micros(CLOCK_REALTIME);
    main_began_us_ = Micros(CLOCK_BOOTTIME);
    // Nothing depends on it: the outcome says it again.
    started_.Publish(
        jobs::record::Encode(jobs::record::StartedRecord{*outcome_.started_at_us, Enforcement()}), false);
  }
  SetTimer(timer_.number(), step.timeout_ms);
  while (!StepIsOver()) WaitForEvent();
  SetTimer(timer_.number(), 0);
  RecordStepEnd();
  return outcome_.cause == Cause::kExited && outcome_.exit_code == 0;
}

bool Attempt::StepIsOver() const {
  if (!status_) return false;
  // Told to end, a leader may be gone before the others of its group have put their things in order.
  return !ending_ || killed_ || kill(-pid_, 0) != 0;
}

void Attempt::WaitForEvent() {
  pollfd events[] = {{signals_.number(), POLLIN, 0},
                     {timer_.number(), POLLIN, 0},
                     {sampler_.timer(), POLLIN, 0},
                     {trimmer_.timer(), POLLIN, 0}};
  if (ppoll(events, 4, nullptr, nullptr) < 0) return;
  if (events[0].revents != 0) TakeSignals();
  if (events[2].revents != 0) sampler_.TakeDue();
  if (events[3].revents != 0) trimmer_.TakeDue();
  if (events[1].revents == 0) return;
  std::uint64_t expirations = 0;
  if (read(timer_.number(), &expirations, sizeof expirations) != sizeof expirations) return;
  if (ending_) {
    KillStep();
  } else {
    End(Cause::kTimeout);
  }
}

void Attempt::TakeSignals() {
  signalfd_siginfo signal = {};
  while (read(signals_.number(), &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGCHLD) {
      ReapChildren();
    } else {
      End(signal.ssi_signo == SIGUSR1 ? Cause::kCancelled : Cause::kTerminated);
    }
  }
}

void Attempt::ReapChildren() {
  int status = 0;
  rusage usage = {};
  for (pid_t pid = 0; (pid = wait4(-1, &status, WNOHANG, &usage)) > 0;) {
    if (pid != pid_) continue;
    status_ = status;
    usage_ = usage;
  }
}

void Attempt::End(Cause cause) {
  if (ending_) return;
  ending_ = cause;
  if (pid_ == 0) return;
  kill(-pid_, static_cast<int>(launch_.end_signal.value_or(SIGTERM)));
  if (launch_.grace_ms > 0) return SetTimer(timer_.number(), launch_.grace_ms);
  KillStep();
}

void Attempt::KillStep() {
  killed_ = true;
  kill(-pid_, SIGKILL);
}

void Attempt::RecordStepEnd() {
  if (WIFEXITED(*status_)) {
    outcome_.exit_code = WEXITSTATUS(*status_);
    outcome_.cause = Cause::kExited;
  } else {
    outcome_.exit_code.reset();
    outcome_.signal = WTERMSIG(*status_);
    outcome_.cause = Cause::kSignalled;
  }
  if (RanOutOfMemory()) outcome_.cause = Cause::kOutOfMemory;
  if (ending_) outcome_.cause = *ending_;
  outcome_.max_rss_bytes = usage_.ru_maxrss * 1024;
  outcome_.user_cpu_us = Micros(usage_.ru_utime);
  outcome_.system_cpu_us = Micros(usage_.ru_stime);
  KillEverything();  // what a step left behind does not run beside the next one
  pid_ = 0;
}

bool Attempt::RanOutOfMemory() const {
  if (outcome_.cause == Cause::kExited && outcome_.exit_code == 0) return false;
  if (groups_.OomKills() > group_oom_kills_) return true;
  // The machine's count says that somebody's process was killed, and the signal that it may well have been ours.
  return !groups_.Limit("memory") && outcome_.signal == SIGKILL && OomKillsOnMachine() > machine_oom_kills_;
}

void Attempt::KillEverything() {
  groups_.Kill();
  KillDescendants();
}

std::string Attempt::Enforcement() const {
  std::string text = groups_.Describe();
  if (!groups_.Limit("memory") && launch_.memory_limit_bytes > 0) {
    text += text.empty() ? "" : "; ";
    text += "rlimit: data of each process";
  }
  if (pinned_) {
    text += text.empty() ? "" : "; ";
    text += launch_.cpus_are_shared ? "cpus shared with others" : "cpus " + Ranges(launch_.cpus);
  }
  return text;
}

}  // namespace orrery::supervisor
