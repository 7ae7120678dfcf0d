#include "jobs/local/cpu_pins.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>
#include <tuple>

#include <sched.h>

#include "base/error.h"
#include "jobs/local/kernel_files.h"

namespace orrery::jobs::local {
namespace {

constexpr int kMostCpus = CPU_SETSIZE;

int Number(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The parent of a process: field 4 of its stat, the second one behind the name, which may hold anything.
pid_t ParentOfProcess(FileSystem& files, const std::string& pid) {
  const std::string stat = ReadKernelFile(files, "/proc/" + pid + "/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || stat.size() < name_end + 4) return 0;
  return Number(stat.substr(name_end + 4));
}

std::vector<pid_t> Descendants(FileSystem& files, pid_t root) {
  std::multimap<pid_t, pid_t> children;
  for (const DirectoryEntry& entry : files.List("/proc")) {
    const pid_t pid = Number(entry.name);
    if (pid > 0) children.emplace(ParentOfProcess(files, entry.name), pid);
  }
  std::vector<pid_t> found;
  for (std::size_t next = 0; next <= found.size(); ++next) {
    const auto [begin, end] = children.equal_range(next == 0 ? root : found[next - 1]);
    for (auto child = begin; child != end; ++child) found.push_back(child->second);
  }
  return found;
}

std::vector<pid_t> ProcessesOf(FileSystem& files, const std::vector<record::Group>& groups,
                               pid_t supervisor) {
  for (const record::Group& group : groups) {
    std::istringstream text(ReadKernelFile(files, group.directory + "/cgroup.procs"));
    std::vector<pid_t> processes;
    for (pid_t pid = 0; text >> pid;) processes.push_back(pid);
    if (!processes.empty()) return processes;
  }
  return Descendants(files, supervisor);
}

// Returns whether it was not there yet, and is now.
bool Move(pid_t thread, const cpu_set_t& wanted) {
  cpu_set_t now;
  if (thread <= 0 || sched_getaffinity(thread, sizeof now, &now) != 0 || CPU_EQUAL(&now, &wanted))
    return false;
  return sched_setaffinity(thread, sizeof wanted, &wanted) == 0;
}

std::vector<pid_t> ThreadsOf(FileSystem& files, pid_t process) {
  std::vector<pid_t> threads;
  try {
    for (const DirectoryEntry& entry : files.List("/proc/" + std::to_string(process) + "/task"))
      threads.push_back(Number(entry.name));
  } catch (const Error&) {
    threads.clear();  // gone
  }
  return threads;
}

}  // namespace

std::vector<int> CpusOfThisProcess(FileSystem& files) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return {};
  std::vector<std::tuple<int, int, int>> found;
  for (int cpu = 0; cpu < kMostCpus; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    const std::string topology = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    found.emplace_back(Number(ReadKernelFile(files, topology + "physical_package_id")),
                       Number(ReadKernelFile(files, topology + "core_id")), cpu);
  }
  std::ranges::sort(found);
  std::vector<int> cpus;
  for (const auto& [package, core, cpu] : found) cpus.push_back(cpu);
  return cpus;
}

CpuPins PickCpus(const std::vector<int>& pool, const std::set<int>& taken, double cpus) {
  CpuPins pins;
  std::ranges::copy_if(pool, std::back_inserter(pins.cpus), [&](int cpu) { return !taken.contains(cpu); });
  pins.shared = cpus != std::floor(cpus);
  if (pins.shared) return pins;
  if (cpus > static_cast<double>(pins.cpus.size())) return {};
  pins.cpus.erase(pins.cpus.begin(), pins.cpus.end() - static_cast<std::ptrdiff_t>(cpus));
  return pins;
}

void MoveToCpus(FileSystem& files, const std::vector<record::Group>& groups, pid_t supervisor,
                const std::vector<int>& cpus) {
  constexpr int kMostRounds = 5;
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  for (const int cpu : cpus) CPU_SET(cpu, &wanted);
  // Who is started meanwhile has the CPUs of who started it: once more, until there is nobody left to move.
  bool moved = true;
  for (int i = 0; i < kMostRounds && moved; ++i) {
    moved = false;
    for (const pid_t process : ProcessesOf(files, groups, supervisor)) {
      for (const pid_t thread : ThreadsOf(files, process)) moved = Move(thread, wanted) || moved;
    }
  }
}

}  // namespace orrery::jobs::local
