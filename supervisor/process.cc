#include "supervisor/process.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "supervisor/image_root.h"
#include "supervisor/proc_files.h"

namespace orrery::supervisor {
namespace {

enum class Stage { kSetUp, kImage, kDirectory, kExecute };

// Goes through a pipe as it is.
struct Failure {
  Stage stage;
  int error;
  char what[256] = {};
};

Failure ImageFailure(const EnterFailure& failure) {
  Failure told = {Stage::kImage, failure.error};
  std::snprintf(told.what, sizeof told.what, "%s", failure.what.c_str());
  return told;
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void Limit(std::int64_t memory_limit_bytes) {
  if (memory_limit_bytes <= 0) return;
  const auto bytes = static_cast<rlim_t>(memory_limit_bytes);
  const rlimit limit = {bytes, bytes};
  setrlimit(RLIMIT_DATA, &limit);
}

bool Pin(pid_t pid, const std::vector<std::string>& cpus) {
  if (cpus.empty()) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const std::string& cpu : cpus) CPU_SET(static_cast<std::size_t>(std::atoi(cpu.c_str())), &set);
  return sched_setaffinity(pid, sizeof set, &set) == 0;
}

// What the parent tells a child that it has put into its groups.
constexpr char kGo = 'g';
constexpr char kLimitOwnMemory = 'm';

// Returns the parent's word; 0: it died.
char Await(int pipe) {
  char word = 0;
  ssize_t got = 0;
  do got = read(pipe, &word, 1);
  while (got < 0 && errno == EINTR);
  return got == 1 ? word : 0;
}

void DieWith(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Died before the line above: the signal will not come any more.
  if (getppid() != parent) _exit(127);
}

// Runs in the child. Returns only on failure.
Failure Become(const jobs::record::Step& step, std::int64_t memory_limit_bytes, int log, int go,
               pid_t parent) {
  setpgid(0, 0);
  DieWith(parent);
  const char word = Await(go);
  if (word == 0) _exit(127);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) return {Stage::kSetUp, errno};
  signal(SIGPIPE, SIG_DFL);
  signal(SIGHUP, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<std::string> variables = step.env;
  if (step.image) {
    const EnterFailure failure = EnterImage(*step.image, variables);
    if (!failure.what.empty()) return ImageFailure(failure);
    DieWith(parent);  // becoming another user may have undone it
  }
  if (chdir(step.cwd.c_str()) != 0) return {Stage::kDirectory, errno};
  if (word == kLimitOwnMemory) Limit(memory_limit_bytes);
  const std::vector<char*> argv = Pointers(step.argv);
  std::vector<char*> env = Pointers(variables);
  environ = env.data();  // execvp looks the program up in the PATH of this
  execvp(argv[0], argv.data());
  return {Stage::kExecute, errno};
}

std::string Describe(const Failure& failure, const jobs::record::Step& step) {
  const std::string why = std::string(": ") + strerror(failure.error);
  switch (failure.stage) {
    case Stage::kSetUp:
      return "cannot set up the process" + why;
    case Stage::kImage:
      return failure.what + why;
    case Stage::kDirectory:
      return "cannot enter the working directory '" + step.cwd + "'" + why;
    case Stage::kExecute:
      return "cannot execute '" + step.argv[0] + "'" + (step.image ? " in the image" : "") + why;
  }
  return why;
}

void KillChildren() {
  const pid_t self = getpid();
  DIR* processes = opendir("/proc");
  if (!processes) return;
  while (const dirent* entry = readdir(processes)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (StatField(ReadKernelFile(path), 4) == self) kill(pid, SIGKILL);
  }
  closedir(processes);
}

}  // namespace

StartedStep StartStep(const jobs::record::Step& step, const jobs::record::LaunchRecord& launch,
                      ControlGroups& groups, const Descriptor& log) {
  int ends[2], go_ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {0, errno, "cannot create a pipe"};
  const Descriptor report(ends[0]);
  Descriptor write_end(ends[1]);
  if (pipe2(go_ends, O_CLOEXEC) != 0) return {0, errno, "cannot create a pipe"};
  const Descriptor awaits(go_ends[0]);
  const Descriptor tells(go_ends[1]);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    const Failure failure = Become(step, launch.memory_limit_bytes, log.number(), awaits.number(), parent);
    [[maybe_unused]] const ssize_t written = write(write_end.number(), &failure, sizeof failure);
    _exit(127);
  }
  if (pid < 0) return {0, errno, std::string("cannot create a process: ") + strerror(errno)};
  setpgid(pid, pid);
  write_end = Descriptor();
  groups.Enter(pid);
  const bool pinned = Pin(pid, launch.cpus);
  const char word = groups.Limit("memory") ? kGo : kLimitOwnMemory;
  [[maybe_unused]] const ssize_t told = write(tells.number(), &word, 1);  // or else it is dead
  Failure failure = {};
  ssize_t got = 0;
  do got = read(report.number(), &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  if (got != sizeof failure) return {pid, 0, {}, pinned};
  waitpid(pid, nullptr, 0);
  return {0, failure.error, Describe(failure, step)};
}

void AdoptOrphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void KillDescendants() {
  // A killed process's children become ours, and are killed in the next round.
  while (waitpid(-1, nullptr, WNOHANG) != -1 || errno == EINTR) {
    KillChildren();
    while (waitpid(-1, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

std::int64_t OomKillsOnMachine() {
  return NumberBehind(ReadKernelFile("/proc/vmstat"), "oom_kill");
}

std::int64_t OwnStartTicks() {
  return StatField(ReadKernelFile("/proc/self/stat"), 22);
}

std::string BootId() {
  std::string id = ReadKernelFile("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

}  // namespace orrery::supervisor
