#pragma once

#include <fstream>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "jobs/record.h"

namespace orrery::supervisor {

/// Control groups of version 1 below this process's own, for tests. They are made by the supervisor; the destructor
/// removes what it left.
class HeldGroups {
 public:
  /// `controllers`: those wanted; "kill" is the unified hierarchy. Those that this machine does not give are missing.
  explicit HeldGroups(const std::vector<std::string>& controllers) {
    for (const std::string& controller : controllers) {
      const bool unified = controller == "kill";
      const std::string directory =
          "/sys/fs/cgroup/" + (unified ? "unified" : controller) + OwnPath(unified ? "" : controller);
      const std::string group = directory + "/orrery-test-" + std::to_string(getpid());
      if (mkdir(group.c_str(), 0755) != 0) continue;
      rmdir(group.c_str());
      groups.push_back({unified ? 2 : 1, group, {}});
      found += controller + " ";
    }
  }
  ~HeldGroups() {
    for (const auto& group : groups) rmdir(group.directory.c_str());
  }

  bool Gone() const {
    for (const auto& group : groups) {
      if (access(group.directory.c_str(), F_OK) == 0) return false;
    }
    return true;
  }

  std::vector<jobs::record::Group> groups;
  std::string found;

 private:
  // Lines of /proc/self/cgroup: "4:memory:/path", and "0::/path" for the unified hierarchy.
  static std::string OwnPath(const std::string& controller) {
    std::ifstream file("/proc/self/cgroup");
    const std::string mark = ":" + controller + ":";
    for (std::string line; std::getline(file, line);) {
      const std::size_t at = line.find(mark);
      if (at != std::string::npos)
        return line.substr(at + mark.size()) == "/" ? "" : line.substr(at + mark.size());
    }
    return "/not-there";
  }
};

}  // namespace orrery::supervisor
