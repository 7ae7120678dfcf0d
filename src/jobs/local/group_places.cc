#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>

#include <unistd.h>

#include "base/error.h"
#include "jobs/local/control_groups.h"
#include "jobs/local/kernel_files.h"

namespace orrery::jobs::local {
namespace {

constexpr std::array<std::string_view, 4> kWanted = {"memory", "cpu", "cpuacct", "pids"};
constexpr std::string_view kServerGroup = "/orrery-server";
constexpr std::string_view kUnified;

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// Our group in each hierarchy, by controller; the one of version 2 by no name.
std::map<std::string, std::string, std::less<>> OwnGroups(std::string_view text) {
  std::map<std::string, std::string, std::less<>> paths;
  for (const std::string& line : Split(text, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string path = line.substr(second + 1);
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty()) paths[std::string(kUnified)] = path;
    for (const std::string& controller : Split(controllers, ',')) paths[controller] = path;
  }
  return paths;
}

struct Mount {
  std::string root, point, type, options;
};

std::optional<Mount> ParseMount(const std::string& line) {
  const std::size_t dash = line.find(" - ");
  if (dash == std::string::npos) return std::nullopt;
  const std::vector<std::string> before = Split(line.substr(0, dash), ' ');
  const std::vector<std::string> after = Split(line.substr(dash + 3), ' ');
  if (before.size() < 5 || after.size() < 3) return std::nullopt;
  return Mount{before[3], before[4], after[0], after[2]};
}

// Where the group `path` lies in the file system; none when the mount shows another part of the hierarchy.
std::optional<std::string> DirectoryOf(const Mount& mount, const std::string& path) {
  if (path == mount.root || path == "/")
    return path == mount.root ? std::optional(mount.point) : std::nullopt;
  if (mount.root == "/") return mount.point + path;
  if (path.starts_with(mount.root + "/")) return mount.point + path.substr(mount.root.size());
  return std::nullopt;
}

bool CanMakeGroups(FileSystem& files, const std::string& directory) {
  const std::string probe = directory + "/orrery-probe-" + std::to_string(getpid());
  try {
    files.CreateDirectory(probe);
    files.Remove(probe);
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool Enable(FileSystem& files, const std::string& directory, std::string_view controller) {
  return WriteKernelFile(files, directory + "/cgroup.subtree_control", "+" + std::string(controller));
}

// Leaves the group to those of the attempts, if nobody else is in it.
void MakeRoom(FileSystem& files, const std::string& directory) {
  const std::string self = std::to_string(getpid());
  if (ReadKernelFile(files, directory + "/cgroup.procs") != self + "\n") return;
  const std::string leaf = directory + std::string(kServerGroup);
  try {
    files.CreateDirectory(leaf);
  } catch (const Error&) {
    return;
  }
  WriteKernelFile(files, leaf + "/cgroup.procs", self);
}

std::vector<std::string> EnableAll(FileSystem& files, const std::string& directory) {
  std::vector<std::string> offered = Split(ReadKernelFile(files, directory + "/cgroup.controllers"), ' ');
  if (!offered.empty() && offered.back().ends_with('\n')) offered.back().pop_back();
  std::vector<std::string> enabled;
  bool made_room = false;
  for (const std::string_view controller : kWanted) {
    if (std::ranges::find(offered, controller) == offered.end()) continue;
    bool done = Enable(files, directory, controller);
    if (!done && !std::exchange(made_room, true)) {
      MakeRoom(files, directory);
      done = Enable(files, directory, controller);
    }
    if (done) enabled.emplace_back(controller);
  }
  return enabled;
}

}  // namespace

std::vector<GroupPlace> FindGroupPlaces(FileSystem& files, std::string_view own_groups,
                                        std::string_view mounts) {
  const auto own = OwnGroups(own_groups);
  std::vector<GroupPlace> places;
  for (const std::string& line : Split(mounts, '\n')) {
    const auto mount = ParseMount(line);
    if (!mount) continue;
    if (mount->type == "cgroup2" && own.contains(kUnified)) {
      std::string path = own.find(kUnified)->second;
      if (path.ends_with(kServerGroup)) path.resize(path.size() - kServerGroup.size());
      const auto directory = DirectoryOf(*mount, path.empty() ? "/" : path);
      if (directory && CanMakeGroups(files, *directory))
        places.push_back({2, *directory, EnableAll(files, *directory)});
    } else if (mount->type == "cgroup") {
      GroupPlace place{.version = 1};
      for (const std::string& option : Split(mount->options, ',')) {
        const auto found = own.find(option);
        if (std::ranges::find(kWanted, option) == kWanted.end() || found == own.end()) continue;
        place.directory = DirectoryOf(*mount, found->second).value_or("");
        place.controllers.push_back(option);
      }
      const bool known = std::ranges::any_of(
          places, [&](const GroupPlace& other) { return other.directory == place.directory; });
      if (!place.directory.empty() && !known && CanMakeGroups(files, place.directory))
        places.push_back(place);
    }
  }
  return places;
}

std::vector<GroupPlace> FindGroupPlaces(FileSystem& files) {
  return FindGroupPlaces(files, ReadKernelFile(files, "/proc/self/cgroup"),
                         ReadKernelFile(files, "/proc/self/mountinfo"));
}

}  // namespace orrery::jobs::local
