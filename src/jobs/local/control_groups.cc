#include "jobs/local/control_groups.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "jobs/local/kernel_files.h"

namespace orrery::jobs::local {
namespace {

struct Need {
  std::int64_t memory_bytes;
  std::int64_t period_us;
  std::int64_t quota_us;
  std::int64_t weight_v2;
  std::int64_t shares_v1;
  std::int64_t processes;
};

Need NeedOf(double cpus, std::int64_t memory_bytes) {
  // The kernel takes no quota below a millisecond: of less than a hundredth of a CPU it is given out each second.
  const std::int64_t period = cpus < 0.01 ? 1'000'000 : 100'000;
  const auto quota = static_cast<std::int64_t>(std::ceil(cpus * static_cast<double>(period)));
  const auto share = [cpus](double of_one, std::int64_t least, std::int64_t most) {
    return std::clamp(static_cast<std::int64_t>(std::llround(cpus * of_one)), least, most);
  };
  return {memory_bytes,
          period,
          std::max<std::int64_t>(quota, 1'000),
          share(100, 1, 10'000),
          share(1024, 2, 262'144),
          ProcessLimit(cpus)};
}

// "WORD FILE VALUE", as record::Group has them.
std::vector<std::string> Settings(int version, const std::string& controller, const Need& need) {
  const auto text = [](std::int64_t number) { return std::to_string(number); };
  if (controller == "pids") return {"pids pids.max " + text(need.processes)};
  if (controller == "memory" && version == 1) {
    return {"memory memory.limit_in_bytes " + text(need.memory_bytes),
            "?memory memory.memsw.limit_in_bytes " + text(need.memory_bytes)};
  }
  if (controller == "memory") {
    return {"memory memory.max " + text(need.memory_bytes), "?memory memory.swap.max 0"};
  }
  if (controller == "cpu" && version == 1) {
    return {"?cpu cpu.shares " + text(need.shares_v1), "cpu cpu.cfs_period_us " + text(need.period_us),
            "cpu cpu.cfs_quota_us " + text(need.quota_us)};
  }
  if (controller == "cpu") {
    return {"?cpu cpu.weight " + text(need.weight_v2),
            "cpu cpu.max " + text(need.quota_us) + " " + text(need.period_us)};
  }
  return {};
}

// "JOB.NUMBER"
std::optional<AttemptId> ParseName(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  AttemptId id{std::string(name.substr(0, dot)), 0};
  const std::string_view number = name.substr(dot + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), id.number);
  const bool whole = error == std::errc() && end == number.data() + number.size();
  return whole ? std::optional(id) : std::nullopt;
}

// Returns whether there was anyone to kill.
bool KillAll(FileSystem& files, const std::string& directory) {
  bool found = false;
  std::istringstream processes(ReadKernelFile(files, directory + "/cgroup.procs"));
  for (pid_t process = 0; processes >> process;) {
    // 0 stands for a process that we cannot see, and would mean our own group.
    if (process > 0 && kill(process, SIGKILL) == 0) found = true;
  }
  return found;
}

void Clear(FileSystem& files, const std::string& directory) {
  constexpr int kMostTries = 1'000;
  constexpr std::chrono::milliseconds kPause{2};
  if (!files.Exists(directory)) return;
  WriteKernelFile(files, directory + "/cgroup.kill", "1");
  WriteKernelFile(files, directory + "/pids.max", "0");  // nobody forks away from the hunt
  for (int i = 0; i < kMostTries && KillAll(files, directory); ++i) std::this_thread::sleep_for(kPause);
  for (int i = 0; i < kMostTries && files.Exists(directory); ++i) {
    try {
      files.Remove(directory);
    } catch (const Error&) {
      std::this_thread::sleep_for(kPause);  // the kernel lets go of a dead process a moment later
    }
  }
}

}  // namespace

std::int64_t ProcessLimit(double cpus) {
  constexpr std::int64_t kBase = 4'096;
  constexpr double kForEachCpu = 512;
  return kBase + static_cast<std::int64_t>(std::ceil(cpus) * kForEachCpu);
}

ControlGroups::ControlGroups(std::vector<GroupPlace> places, const std::string& data_directory)
    : places_(std::move(places)),
      prefix_("orrery-" + std::string(DigestOf(data_directory).hex().substr(0, 8)) + "-") {}

std::vector<record::Group> ControlGroups::For(const AttemptId& id, double cpus,
                                              std::int64_t memory_bytes) const {
  const Need need = NeedOf(cpus, memory_bytes);
  std::vector<record::Group> groups;
  for (const GroupPlace& place : places_) {
    record::Group& group = groups.emplace_back();
    group.version = place.version;
    group.directory = place.directory + "/" + prefix_ + id.job_id + "." + std::to_string(id.number);
    for (const std::string& controller : place.controllers) {
      for (std::string& setting : Settings(place.version, controller, need))
        group.settings.push_back(std::move(setting));
    }
  }
  return groups;
}

void ControlGroups::Sweep(FileSystem& files, const std::function<bool(const AttemptId&)>& alive) const {
  for (const GroupPlace& place : places_) {
    for (const DirectoryEntry& entry : files.List(place.directory)) {
      if (entry.kind != FileKind::kDirectory || !entry.name.starts_with(prefix_)) continue;
      const auto id = ParseName(std::string_view(entry.name).substr(prefix_.size()));
      if (id && !alive(*id)) Clear(files, place.directory + "/" + entry.name);
    }
  }
}

void ClearGroups(FileSystem& files, const std::vector<record::Group>& groups) {
  for (const record::Group& group : groups) Clear(files, group.directory);
}

}  // namespace orrery::jobs::local
