#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/file_system.h"
#include "base/network.h"
#include "base/processes.h"
#include "base/random.h"
#include "cli/terminal.h"

namespace CLI {
class App;
}

namespace orrery::cli {

/// Exit codes, for scripts.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,       ///< the job failed or was cancelled, or the request was refused
  kUsage = 2,        ///< the command line or a file is wrong
  kUnreachable = 3,  ///< no server answers
  kNotProven = 4,    ///< what was to be proven may be so, and nothing says that it is
};

/// What every command works with: the seams, where output goes, and the options that all commands share.
struct Context {
  FileSystem& files;
  Processes& processes;
  Network& network;
  Clock& clock;
  Random& random;
  Environment environment;
  Terminal terminal;
  std::ostream& out;
  std::ostream& err;

  bool json = false;
  std::optional<std::string> server;  ///< --server or ORRERY_SERVER
  std::string data;                   ///< --data or ORRERY_DATA: where a local server is looked for

  /// The words of the user's own program: `submit`'s script with its arguments, or "--" and a command.
  std::vector<std::string> own_words;

  int exit_code = kOk;  ///< set by the command that ran
};

/// Runs the command line; returns the exit code. Errors are printed as one line with the next step.
int Run(int argc, char** argv, Context& context);

// One file a command; each adds itself to the application.
void AddServe(CLI::App& app, Context& context);
void AddSubmit(CLI::App& app, Context& context);
void AddJobs(CLI::App& app, Context& context);
void AddLogs(CLI::App& app, Context& context);
void AddCluster(CLI::App& app, Context& context);
void AddRuns(CLI::App& app, Context& context);
void AddReproduce(CLI::App& app, Context& context);
void AddWebhooks(CLI::App& app, Context& context);
void AddAdmin(CLI::App& app, Context& context);

// Those of `admin`.
void AddSimulate(CLI::App& admin, Context& context);
void AddTrash(CLI::App& admin, Context& context);

}  // namespace orrery::cli
