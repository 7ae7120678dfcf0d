#include "supervisor/usage_sampler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "supervisor/clocks.h"
#include "supervisor/proc_files.h"
#include "supervisor/process_tree.h"

namespace orrery::supervisor {
namespace {

constexpr std::int64_t kFirstAfterMs = 1'000;
constexpr std::int64_t kPauseMs = 10'000;
constexpr std::int64_t kPauseForItsCost = 1'000;

std::int64_t Counted(const std::string& text, std::string_view name) {
  return std::max<std::int64_t>(0, NumberBehind(text, name));
}

std::string FileOf(pid_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

bool IsDevice(const std::string& interface) {
  return access(("/sys/class/net/" + interface + "/device").c_str(), F_OK) == 0;
}

}  // namespace

UsageSampler::UsageSampler(const ControlGroups& groups, Descriptor file)
    : groups_(groups),
      file_(std::move(file)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      started_at_us_(Micros(CLOCK_REALTIME)),
      began_us_(Micros(CLOCK_BOOTTIME)),
      traffic_before_(TrafficOfInterfaces()) {
  SetTimer(timer_.number(), kFirstAfterMs);
}

void UsageSampler::TakeDue() {
  std::uint64_t expirations = 0;
  if (read(timer_.number(), &expirations, sizeof expirations) != sizeof expirations) return;
  const std::int64_t before = Micros(CLOCK_PROCESS_CPUTIME_ID);
  const std::vector<pid_t> grouped = groups_.Processes();
  Note(Measure(grouped.empty() ? Descendants() : grouped));
  const std::int64_t cost_us = Micros(CLOCK_PROCESS_CPUTIME_ID) - before;
  SetTimer(timer_.number(), std::max(kPauseMs, cost_us * kPauseForItsCost / 1000));
}

void UsageSampler::TakeLast() {
  Amounts last = Measure({});
  last.memory_bytes = 0;  // what its group still holds is cache
  Note(last);
}

void UsageSampler::Note(const Amounts& now) {
  most_ = {std::max(most_.cpu_us, now.cpu_us), now.memory_bytes, std::max(most_.read_bytes, now.read_bytes),
           std::max(most_.write_bytes, now.write_bytes)};
  const Traffic traffic = TrafficOfInterfaces();
  std::string line;
  for (const std::int64_t number : {started_at_us_ + Micros(CLOCK_BOOTTIME) - began_us_, most_.cpu_us,
                                    most_.memory_bytes, most_.read_bytes, most_.write_bytes,
                                    std::max<std::int64_t>(0, traffic.rx_bytes - traffic_before_.rx_bytes),
                                    std::max<std::int64_t>(0, traffic.tx_bytes - traffic_before_.tx_bytes)}) {
    line += std::to_string(number) + " ";
  }
  line.back() = '\n';
  Append(line);
}

UsageSampler::Amounts UsageSampler::Measure(const std::vector<pid_t>& processes) const {
  static const std::int64_t ticks = sysconf(_SC_CLK_TCK);
  static const std::int64_t page = sysconf(_SC_PAGESIZE);
  const std::int64_t group_cpu_us = groups_.CpuMicros();
  const std::int64_t group_memory = groups_.MemoryBytes();
  // The kernel adds what ended to whoever waited for it, in the end to us. This thread's own part is told apart.
  const std::string waited_for = ReadKernelFile("/proc/self/io");
  const std::string own = ReadKernelFile("/proc/thread-self/io");
  rusage ended = {};
  getrusage(RUSAGE_CHILDREN, &ended);
  Amounts sum = {Micros(ended.ru_utime) + Micros(ended.ru_stime), 0,
                 Counted(waited_for, "read_bytes") - Counted(own, "read_bytes"),
                 Counted(waited_for, "write_bytes") - Counted(own, "write_bytes")};
  for (const pid_t pid : processes) {
    const std::string io = ReadKernelFile(FileOf(pid, "io"));
    sum.read_bytes += Counted(io, "read_bytes");
    sum.write_bytes += Counted(io, "write_bytes");
    if (group_cpu_us >= 0 && group_memory >= 0) continue;
    const std::string stat = ReadKernelFile(FileOf(pid, "stat"));
    if (stat.empty()) continue;
    // utime, stime, and those of its children that ended
    for (int field = 14; field <= 17; ++field) sum.cpu_us += StatField(stat, field) * 1'000'000 / ticks;
    sum.memory_bytes += StatField(stat, 24) * page;
  }
  if (group_cpu_us >= 0) sum.cpu_us = group_cpu_us;
  if (group_memory >= 0) sum.memory_bytes = group_memory;
  return sum;
}

// Where there are devices, only they count: bridges and tunnels carry the same bytes again.
UsageSampler::Traffic UsageSampler::TrafficOfInterfaces() {
  const std::string text = ReadKernelFile("/proc/net/dev");
  Traffic all, devices;
  bool any_device = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t name_at = line.find_first_not_of(' ');
    const std::string name = line.substr(name_at, colon - name_at);
    long long rx = 0, tx = 0;
    if (std::sscanf(line.c_str() + colon + 1, "%lld %*d %*d %*d %*d %*d %*d %*d %lld", &rx, &tx) != 2)
      continue;
    if (name == "lo") continue;
    all = {all.rx_bytes + rx, all.tx_bytes + tx};
    if (!IsDevice(name)) continue;
    any_device = true;
    devices = {devices.rx_bytes + rx, devices.tx_bytes + tx};
  }
  return any_device ? devices : all;
}

void UsageSampler::Append(const std::string& line) {
  if (!file_) return;
  const ssize_t written = write(file_.number(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) {
    length_ += written;
  } else if (written > 0) {
    [[maybe_unused]] const int shortened = ftruncate(file_.number(), length_);
  }
}

}  // namespace orrery::supervisor
