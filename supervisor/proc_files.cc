#include "supervisor/proc_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>

#include "supervisor/descriptor.h"

namespace orrery::supervisor {

std::string ReadKernelFile(const std::string& path) {
  constexpr std::size_t kMostBytes = 16 << 10;
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char block[4096];
  while (file && text.size() < kMostBytes) {
    const ssize_t got = read(file.number(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(block, static_cast<std::size_t>(got));
  }
  return text;
}

int WriteKernelFile(const std::string& path, std::string_view value) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return errno;
  return write(file.number(), value.data(), value.size()) < 0 ? errno : 0;
}

std::int64_t NumberBehind(std::string_view text, std::string_view name) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const bool found = line.size() > name.size() + 1 && line.substr(0, name.size()) == name &&
                       (line[name.size()] == ' ' || line[name.size()] == ':');
    if (found) return std::strtoll(std::string(line.substr(name.size() + 1)).c_str(), nullptr, 10);
    begin = end + 1;
  }
  return -1;
}

std::int64_t StatField(const std::string& stat, int field) {
  std::size_t at = stat.rfind(')');  // the name may hold anything
  for (int i = 2; i < field && at != std::string::npos; ++i) at = stat.find(' ', at + 1);
  return at == std::string::npos ? -1 : std::strtoll(stat.c_str() + at, nullptr, 10);
}

}  // namespace orrery::supervisor
