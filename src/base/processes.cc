#include "base/processes.h"

#include <array>
#include <cerrno>
#include <mutex>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"

namespace orrery {
namespace {

// Only what we started is reaped, so that another library's child (popen) keeps its status.
std::mutex children_mutex;
std::set<pid_t> children;

std::string ReadSmall(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  std::array<char, 4096> buffer;
  const ssize_t size = read(descriptor, buffer.data(), buffer.size());
  close(descriptor);
  return size > 0 ? std::string(buffer.data(), static_cast<size_t>(size)) : std::string();
}

struct Stat {
  char state = '?';
  uint64_t start_ticks = 0;
};

std::optional<Stat> ReadStat(pid_t pid) {
  const std::string text = ReadSmall("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = text.rfind(')');  // the name may hold anything, ')' and spaces too
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  Stat stat;
  fields >> stat.state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> stat.start_ticks;
  return fields ? std::optional(stat) : std::nullopt;
}

// Between fork and exec only async-signal-safe calls are allowed: everything is laid out before.
[[noreturn]] void ExecChild(char* const* argv, char* const* env, const char* directory, int out, int err,
                            int report) {
  const auto fail = [&] {
    const int error_number = errno;
    [[maybe_unused]] const ssize_t written = write(report, &error_number, sizeof error_number);
    _exit(127);
  };
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int reset : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) signal(reset, SIG_DFL);
  const int in = open("/dev/null", O_RDONLY);
  if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) fail();
  if (chdir(directory) != 0) fail();
  if (dup2(report, 3) < 0) fail();
  fcntl(3, F_SETFD, FD_CLOEXEC);
  report = 3;
  syscall(SYS_close_range, 4u, ~0u, 0u);
  execve(argv[0], argv, env);
  fail();
  _exit(127);
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  void Close() {
    if (value_ >= 0) close(value_);
    value_ = -1;
  }

 private:
  int value_;
};

Descriptor OpenOutput(const std::string& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) throw SystemError(errno, "cannot open output", path);
  return Descriptor(descriptor);
}

/// Starts `program` with the request's arguments; returns once it executes. The caller reaps it.
pid_t Launch(const SpawnRequest& request, const std::string& program, int out, int err) {
  std::vector<std::string> argv = request.argv;
  argv[0] = program;
  std::vector<std::string> env;
  for (const auto& [key, value] : request.env) env.push_back(key + "=" + value);
  const std::vector<char*> argv_pointers = Pointers(argv);
  const std::vector<char*> env_pointers = Pointers(env);

  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw SystemError(errno, "cannot create a pipe for", program);
  Descriptor report(ends[0]);
  Descriptor child_report(ends[1]);
  const pid_t pid = fork();
  if (pid == 0) {
    ExecChild(argv_pointers.data(), env_pointers.data(), request.directory.c_str(), out, err, ends[1]);
  }
  if (pid < 0) throw SystemError(errno, "cannot start", program);
  child_report.Close();
  int child_error = 0;
  ssize_t got = 0;
  do {
    got = read(report.get(), &child_error, sizeof child_error);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof child_error)) {
    waitpid(pid, nullptr, 0);
    throw SystemError(child_error, "cannot start", program);
  }
  return pid;
}

/// argv[0], looked up in the request's PATH when it has no slash.
std::string ProgramOf(const SpawnRequest& request) {
  const std::string& name = request.argv[0];
  const auto path = request.env.find("PATH");
  if (name.find('/') != std::string::npos || path == request.env.end()) return name;
  std::istringstream folders(path->second);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw Error(Code::kNotFound, "no such program in PATH: " + name);
}

void CheckRequest(const SpawnRequest& request) {
  if (request.argv.empty()) throw Error(Code::kInvalidArgument, "cannot start a process without a program");
}

}  // namespace

ProcessIdentity PosixProcesses::Spawn(const SpawnRequest& request) {
  CheckRequest(request);
  const Descriptor output = OpenOutput(request.output.empty() ? "/dev/null" : request.output);
  const std::scoped_lock lock(children_mutex);
  const pid_t pid = Launch(request, request.argv[0], output.get(), output.get());
  children.insert(pid);
  const std::optional<Stat> stat = ReadStat(pid);  // a child that ended at once stays a zombie until Reap
  return {pid, stat ? stat->start_ticks : 0, BootId()};
}

CommandResult PosixProcesses::Run(const SpawnRequest& request, size_t most) {
  CheckRequest(request);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw SystemError(errno, "cannot create a pipe for", request.argv[0]);
  Descriptor output(ends[0]);
  Descriptor child_output(ends[1]);
  const Descriptor dropped = OpenOutput("/dev/null");
  const pid_t pid = Launch(request, ProgramOf(request), child_output.get(), dropped.get());
  child_output.Close();

  CommandResult result;
  std::array<char, 65536> block;
  bool too_long = false;
  for (;;) {
    const ssize_t got = read(output.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    result.output.append(block.data(), static_cast<size_t>(got));
    too_long = result.output.size() > most;
    if (too_long) break;
  }
  output.Close();
  if (too_long) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (too_long) {
    throw Error(Code::kResourceExhausted,
                request.argv[0] + " wrote more than " + std::to_string(most) + " bytes");
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

bool PosixProcesses::IsAlive(const ProcessIdentity& process) {
  if (process.boot_id != BootId()) return false;
  const std::optional<Stat> stat = ReadStat(process.pid);
  return stat && stat->start_ticks == process.start_ticks && stat->state != 'Z' && stat->state != 'X';
}

bool PosixProcesses::Signal(const ProcessIdentity& process, int signal) {
  // The pidfd pins the process first, so that the identity that is checked is the one that is signalled.
  const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  if (descriptor < 0) return false;
  const bool sent = IsAlive(process) && syscall(SYS_pidfd_send_signal, descriptor, signal, nullptr, 0) == 0;
  close(descriptor);
  return sent;
}

void PosixProcesses::Reap() {
  const std::scoped_lock lock(children_mutex);
  std::erase_if(children, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
}

std::string PosixProcesses::BootId() {
  static const std::string boot_id = [] {
    std::string text = ReadSmall("/proc/sys/kernel/random/boot_id");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }();
  return boot_id;
}

}  // namespace orrery
