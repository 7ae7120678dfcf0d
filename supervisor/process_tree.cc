#include "supervisor/process_tree.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <dirent.h>
#include <unistd.h>

#include "supervisor/proc_files.h"

namespace orrery::supervisor {

std::vector<pid_t> Descendants() {
  struct Entry {
    pid_t pid, parent;
  };
  std::vector<Entry> entries;
  DIR* processes = opendir("/proc");
  if (!processes) return {};
  while (const dirent* entry = readdir(processes)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    entries.push_back({pid, static_cast<pid_t>(StatField(ReadKernelFile(path), 4))});
  }
  closedir(processes);
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.parent < b.parent; });
  std::vector<pid_t> found;
  pid_t parent = getpid();
  for (std::size_t next = 0;; parent = found[next++]) {
    auto child = std::lower_bound(entries.begin(), entries.end(), parent,
                                  [](const Entry& entry, pid_t pid) { return entry.parent < pid; });
    for (; child != entries.end() && child->parent == parent; ++child) found.push_back(child->pid);
    if (next == found.size()) return found;
  }
}

}  // namespace orrery::supervisor
