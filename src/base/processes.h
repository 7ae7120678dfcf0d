#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace orrery {

/// A process that this machine knows, told apart from a later one with the same pid.
struct ProcessIdentity {
  pid_t pid = 0;
  uint64_t start_ticks = 0;  ///< clock ticks since boot, field 22 of /proc/PID/stat
  std::string boot_id;       ///< /proc/sys/kernel/random/boot_id
  bool operator==(const ProcessIdentity&) const = default;
};

struct SpawnRequest {
  std::vector<std::string> argv;           ///< argv[0] is the program's path
  std::map<std::string, std::string> env;  ///< the whole environment; nothing is inherited
  std::string directory = "/";
  std::string output;  ///< file that takes stdout and stderr, appended; empty: /dev/null
};

struct CommandResult {
  int exit_code = 0;   ///< 128 + the signal's number when one ended it
  std::string output;  ///< what it wrote to standard output
};

/// The seam to processes. Safe to call from any thread.
class Processes {
 public:
  virtual ~Processes() = default;
  /// Starts a program in a session of its own, standard input from /dev/null, every other descriptor closed.
  /// Errors: not_found or permission_denied (program or directory), internal.
  virtual ProcessIdentity Spawn(const SpawnRequest& request) = 0;
  /// Runs a short program to its end and takes its standard output, of at most `most` bytes; standard error
  /// is dropped. The program is looked up in the request's PATH when argv[0] has no slash; `output` of the
  /// request is unused. Errors: those of Spawn, resource_exhausted.
  virtual CommandResult Run(const SpawnRequest& request, size_t most = 64u << 20) = 0;
  /// Whether exactly this process still runs (a zombie does not).
  virtual bool IsAlive(const ProcessIdentity& process) = 0;
  /// Sends `signal` if exactly this process still runs; false if it does not.
  virtual bool Signal(const ProcessIdentity& process, int signal) = 0;
  /// Takes the exit status of our own children that have ended, so that none stays a zombie.
  virtual void Reap() = 0;
  virtual std::string BootId() = 0;
};

class PosixProcesses final : public Processes {
 public:
  ProcessIdentity Spawn(const SpawnRequest& request) override;
  CommandResult Run(const SpawnRequest& request, size_t most = 64u << 20) override;
  bool IsAlive(const ProcessIdentity& process) override;
  bool Signal(const ProcessIdentity& process, int signal) override;
  void Reap() override;
  std::string BootId() override;
};

}  // namespace orrery
