#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs/record.h"

namespace orrery::supervisor {

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs one attempt under the real supervisor in a directory of its own, for tests. Waits on events only:
/// locks and pipes.
class HeldAttempt {
 public:
  explicit HeldAttempt(const std::string& parent = std::filesystem::temp_directory_path()) {
    std::string path = parent + "/attempt.XXXXXX";
    if (!mkdtemp(path.data())) std::abort();
    directory_ = path;
    std::filesystem::create_directory(Path("work"));
    launch.job_id = "job";
    launch.attempt = 1;
    launch.token = 42;
    launch.grace_ms = 60'000;
    if (mkfifo(Path("fifo").c_str(), 0600) != 0) std::abort();
  }
  HeldAttempt(const HeldAttempt&) = delete;
  ~HeldAttempt() { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  void AddStep(std::vector<std::string> argv, std::string label = "main") {
    launch.steps.push_back({std::move(label), std::move(argv), {"PATH=/usr/bin:/bin"}, Path("work"), 0});
  }
  void AddScript(const std::string& script, std::string label = "main") {
    AddStep({"sh", "-c", script}, std::move(label));
  }

  /// Writes the launch record and starts the supervisor; returns the exit code of its first process.
  int Start() const {
    std::ofstream(Path("launch"), std::ios::binary) << jobs::record::Encode(launch);
    return StartAgain();
  }
  int StartAgain() const {
    int status = 0;
    waitpid(Spawn(), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  pid_t Spawn() const { return SpawnWith({Path("launch")}); }

  /// Runs the supervisor with other arguments than a launch record, and returns its exit code.
  int Call(const std::vector<std::string>& arguments) const {
    int status = 0;
    waitpid(SpawnWith(arguments), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// Waits until no process of the attempt holds its lock.
  void WaitUntilGone() const {
    const int file = open(Path("lock").c_str(), O_RDONLY | O_CLOEXEC);
    struct flock whole = {};
    whole.l_type = F_RDLCK;
    EXPECT_EQ(fcntl(file, F_OFD_SETLKW, &whole), 0);
    close(file);
  }

  /// Starts, waits for the end, and returns the outcome.
  jobs::record::OutcomeRecord Run() const {
    EXPECT_EQ(Start(), jobs::record::kClaimed);
    return WaitForOutcome();
  }
  jobs::record::OutcomeRecord WaitForOutcome() const {
    WaitUntilGone();
    const auto decoded = jobs::record::DecodeOutcome(ReadFile(Path("outcome")));
    EXPECT_TRUE(decoded.record) << decoded.error;
    return decoded.record.value_or(jobs::record::OutcomeRecord{});
  }

  /// Reads what the attempt writes to ../fifo; returns when its writers have closed it.
  std::string ReadFifo() const { return ReadFile(Path("fifo")); }

  std::string Log() const { return ReadFile(Path("log")); }
  std::string Answer() const { return ReadFile(Path("answer")); }
  jobs::record::ClaimRecord Claim() const {
    return jobs::record::DecodeClaim(ReadFile(Path("claim"))).record.value_or(jobs::record::ClaimRecord{});
  }
  bool Has(const std::string& name) const { return std::filesystem::exists(Path(name)); }

  jobs::record::LaunchRecord launch;
  /// Who the supervisor runs as, given all of the directory; none: who runs the test.
  std::optional<uid_t> user;

 private:
  pid_t SpawnWith(const std::vector<std::string>& arguments) const {
    std::vector<const char*> argv = {"orrery-supervisor"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    argv.push_back(nullptr);
    if (user) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_))
        if (lchown(entry.path().c_str(), *user, *user) != 0) std::abort();
      if (chown(directory_.c_str(), *user, *user) != 0) std::abort();
    }
    const pid_t pid = fork();
    if (pid != 0) return pid;
    if (user && (setgid(*user) != 0 || setuid(*user) != 0)) _exit(127);
    const int answer = open(Path("answer").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(answer, 1);
    execv(SUPERVISOR_BINARY, const_cast<char* const*>(argv.data()));
    _exit(127);
  }

  std::string directory_;
};

/// Whether a process is gone, or a zombie that somebody else has to reap.
inline bool IsGone(pid_t pid) {
  const std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  return stat.empty() || stat.find(") Z") != std::string::npos;
}

}  // namespace orrery::supervisor
