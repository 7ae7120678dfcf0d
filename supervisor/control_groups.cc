#include "supervisor/control_groups.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/proc_files.h"

namespace orrery::supervisor {
namespace {

constexpr useconds_t kPause = 2'000;
constexpr int kMostTries = 1'000;

// "WORD FILE VALUE", taken apart.
struct Setting {
  std::string_view word, file, value;
  bool needed = true;
};

Setting Parse(std::string_view text) {
  Setting setting;
  setting.needed = text.substr(0, 1) != "?";
  if (!setting.needed) text.remove_prefix(1);
  const std::size_t first = std::min(text.find(' '), text.size());
  const std::size_t second = std::min(text.find(' ', first + 1), text.size());
  setting.word = text.substr(0, first);
  if (first < text.size()) setting.file = text.substr(first + 1, second - first - 1);
  if (second < text.size()) setting.value = text.substr(second + 1);
  return setting;
}

std::vector<pid_t> Numbers(const std::string& text) {
  std::vector<pid_t> numbers;
  for (const char* at = text.c_str(); *at != '\0';) {
    char* end = nullptr;
    const long number = std::strtol(at, &end, 10);
    if (end == at) break;
    numbers.push_back(static_cast<pid_t>(number));
    at = *end == '\n' ? end + 1 : end;
  }
  return numbers;
}

}  // namespace

ControlGroups::ControlGroups(const std::vector<jobs::record::Group>& groups) {
  for (const jobs::record::Group& group : groups) entries_.push_back({&group, false, {}});
}

void ControlGroups::Make() {
  for (Entry& entry : entries_) {
    const bool made = mkdir(entry.group->directory.c_str(), 0755) == 0 || errno == EEXIST;
    if (made) Configure(entry);
    entry.joined = made;
  }
}

void ControlGroups::Configure(Entry& entry) {
  entry.limits.clear();
  std::vector<std::string_view> refused;
  for (const std::string& text : entry.group->settings) {
    const Setting setting = Parse(text);
    const std::string path = entry.group->directory + "/" + std::string(setting.file);
    if (WriteKernelFile(path, setting.value) != 0 && setting.needed) refused.push_back(setting.word);
  }
  for (const std::string& text : entry.group->settings) {
    const Setting setting = Parse(text);
    const bool holds = std::find(refused.begin(), refused.end(), setting.word) == refused.end();
    const bool known =
        std::find(entry.limits.begin(), entry.limits.end(), setting.word) != entry.limits.end();
    if (holds && !known) entry.limits.emplace_back(setting.word);
  }
}

void ControlGroups::Enter(pid_t process) {
  for (Entry& entry : entries_) {
    if (!entry.joined) continue;
    entry.joined = WriteKernelFile(entry.group->directory + "/cgroup.procs", std::to_string(process)) == 0;
    if (!entry.joined) entry.limits.clear();
  }
}

bool ControlGroups::Limit(std::string_view what) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return std::find(entry.limits.begin(), entry.limits.end(), what) != entry.limits.end();
  });
}

std::string ControlGroups::Describe() const {
  std::string text;
  for (const Entry& entry : entries_) {
    for (const std::string& limit : entry.limits) {
      text += text.empty() ? "cgroup v" + std::to_string(entry.group->version) + ": " : ", ";
      text += limit;
    }
  }
  return text;
}

std::int64_t ControlGroups::OomKills() const {
  std::int64_t most = 0;
  for (const Entry& entry : entries_) {
    for (const char* file : {"/memory.events", "/memory.oom_control"}) {
      most = std::max(most, NumberBehind(ReadKernelFile(entry.group->directory + file), "oom_kill"));
    }
  }
  return most;
}

std::int64_t ControlGroups::CpuMicros() const {
  for (const Entry& entry : entries_) {
    if (!entry.joined) continue;
    const std::string nanoseconds = ReadKernelFile(entry.group->directory + "/cpuacct.usage");
    if (!nanoseconds.empty()) return std::strtoll(nanoseconds.c_str(), nullptr, 10) / 1000;
    if (entry.group->version != 2) continue;
    // Counted in every group of this version, with a controller or without one.
    const std::int64_t micros =
        NumberBehind(ReadKernelFile(entry.group->directory + "/cpu.stat"), "usage_usec");
    if (micros >= 0) return micros;
  }
  return -1;
}

std::int64_t ControlGroups::MemoryBytes() const {
  for (const Entry& entry : entries_) {
    if (!entry.joined) continue;
    const bool second = entry.group->version == 2;
    const std::string used =
        ReadKernelFile(entry.group->directory + (second ? "/memory.current" : "/memory.usage_in_bytes"));
    if (used.empty()) continue;
    // Without the pages of files that the kernel takes back when it wants them.
    const std::int64_t spare = NumberBehind(ReadKernelFile(entry.group->directory + "/memory.stat"),
                                            second ? "inactive_file" : "total_inactive_file");
    return std::max<std::int64_t>(0,
                                  std::strtoll(used.c_str(), nullptr, 10) - std::max<std::int64_t>(0, spare));
  }
  return -1;
}

std::vector<pid_t> ControlGroups::Processes() const {
  for (const Entry& entry : entries_) {
    if (entry.joined) return Numbers(ReadKernelFile(entry.group->directory + "/cgroup.procs"));
  }
  return {};
}

void ControlGroups::Kill() const {
  for (const Entry& entry : entries_) {
    WriteKernelFile(entry.group->directory + "/cgroup.kill", "1");
    // Where there is no such file: so that nobody forks away from the hunt.
    WriteKernelFile(entry.group->directory + "/pids.max", "0");
  }
  for (int i = 0; i < kMostTries && KillOneByOne(); ++i) usleep(kPause);
}

// Returns whether there was anyone left.
bool ControlGroups::KillOneByOne() const {
  bool found = false;
  for (const Entry& entry : entries_) {
    for (const pid_t process : Numbers(ReadKernelFile(entry.group->directory + "/cgroup.procs"))) {
      // 0 stands for a process that we cannot see, and would mean our own group.
      found = process > 0 && kill(process, SIGKILL) == 0 ? true : found;
    }
  }
  return found;
}

void ControlGroups::Remove() const {
  for (const Entry& entry : entries_) {
    // A process that was just reaped is let go of a moment later.
    for (int i = 0; i < kMostTries && rmdir(entry.group->directory.c_str()) != 0 && errno == EBUSY; ++i)
      usleep(kPause);
  }
}

}  // namespace orrery::supervisor
