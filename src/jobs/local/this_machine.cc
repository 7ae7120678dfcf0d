#include "jobs/local/this_machine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include <sched.h>
#include <unistd.h>

#include "base/error.h"

namespace orrery::jobs::local {
namespace {

std::string ReadSystemFile(FileSystem& files, const std::string& path) {
  // Such files say that they are empty; reading tells otherwise.
  if (!files.Exists(path)) return {};
  std::string text(16384, '\0');
  text.resize(files.Open(path, OpenMode::kRead)->ReadAt(0, std::as_writable_bytes(std::span(text))));
  return text;
}

std::optional<std::int64_t> LeadingInteger(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

double Cpus(FileSystem& files) {
  cpu_set_t set;
  double cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  const std::string limit =
      ReadSystemFile(files, "/sys/fs/cgroup/cpu.max");  // "QUOTA PERIOD" or "max PERIOD"
  const auto quota = LeadingInteger(limit);
  const auto period = LeadingInteger(std::string_view(limit).substr(std::min(limit.find(' '), limit.size())));
  if (quota && period && *period > 0)
    cpus = std::min(cpus, static_cast<double>(*quota) / static_cast<double>(*period));
  return cpus;
}

std::int64_t MemoryBytes(FileSystem& files) {
  constexpr std::string_view kTotal = "MemTotal:";
  const std::string memory = ReadSystemFile(files, "/proc/meminfo");
  const std::size_t at = memory.find(kTotal);
  if (at == std::string::npos) throw Error(Code::kInternal, "no MemTotal in /proc/meminfo");
  const std::int64_t total =
      LeadingInteger(std::string_view(memory).substr(at + kTotal.size())).value_or(0) * 1024;
  return std::min(total, LeadingInteger(ReadSystemFile(files, "/sys/fs/cgroup/memory.max")).value_or(total));
}

// /dev/nvidia0, /dev/nvidia1, ...: how many there are, and no more.
std::vector<GpuDevice> DeviceFiles(FileSystem& files) {
  constexpr std::string_view kPrefix = "nvidia";
  std::vector<GpuDevice> gpus;
  for (const DirectoryEntry& entry : files.List("/dev")) {
    if (!entry.name.starts_with(kPrefix)) continue;
    const std::string number = entry.name.substr(kPrefix.size());
    const bool device = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
    if (device) gpus.push_back({.id = number});
  }
  return gpus;
}

}  // namespace

ExecutorNode ThisMachine(FileSystem& files, const Nvml* nvml) {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) name[0] = '\0';
  return {name.data(), Cpus(files), MemoryBytes(files), nvml ? nvml->Devices() : DeviceFiles(files)};
}

std::map<std::string, std::string> InheritedEnvironment(const std::map<std::string, std::string>& server) {
  constexpr std::array<std::string_view, 27> kNames = {"PATH",
                                                       "HOME",
                                                       "USER",
                                                       "LOGNAME",
                                                       "SHELL",
                                                       "LANG",
                                                       "LC_ALL",
                                                       "LC_CTYPE",
                                                       "TZ",
                                                       "TMPDIR",
                                                       "LD_LIBRARY_PATH",
                                                       "CUDA_HOME",
                                                       "SSL_CERT_FILE",
                                                       "SSL_CERT_DIR",
                                                       "REQUESTS_CA_BUNDLE",
                                                       "http_proxy",
                                                       "https_proxy",
                                                       "no_proxy",
                                                       "HTTP_PROXY",
                                                       "HTTPS_PROXY",
                                                       "NO_PROXY",
                                                       "PIP_INDEX_URL",
                                                       "PIP_EXTRA_INDEX_URL",
                                                       "PIP_FIND_LINKS",
                                                       "PIP_CERT",
                                                       "PIP_TRUSTED_HOST",
                                                       "PIP_CONFIG_FILE"};
  std::map<std::string, std::string> inherited;
  for (const auto& [name, value] : server) {
    if (std::ranges::find(kNames, name) != kNames.end()) inherited[name] = value;
  }
  inherited.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  return inherited;
}

std::optional<std::string> FindOnPath(FileSystem& files, const std::string& search_path,
                                      const std::string& program) {
  for (std::size_t begin = 0; begin <= search_path.size();) {
    const std::size_t end = std::min(search_path.find(':', begin), search_path.size());
    const std::string directory = search_path.substr(begin, end - begin);
    // A relative entry means the directory of whoever looks: not ours.
    if (directory.starts_with('/') && files.Exists(directory + "/" + program))
      return directory + "/" + program;
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace orrery::jobs::local
