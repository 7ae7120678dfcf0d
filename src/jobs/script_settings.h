#pragma once

#include <map>
#include <string>

namespace orrery::jobs {

/// What every job's command is told about this server.
struct ScriptSettings {
  std::string tracking_uri;                ///< becomes MLFLOW_TRACKING_URI
  std::map<std::string, std::string> env;  ///< for every command; a job's own variables win
  /// How many jobs are laid out and started side by side; 0: within the scheduler's own turn.
  int launchers = 4;
};

}  // namespace orrery::jobs
