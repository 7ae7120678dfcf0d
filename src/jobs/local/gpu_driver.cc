#include "jobs/local/gpu_driver.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace orrery::jobs::local {
namespace {

constexpr std::string_view kDriver = "libcuda.so.1";
#if defined(__aarch64__)
constexpr std::array<const char*, 2> kLoaderFolders = {"/usr/lib/aarch64-linux-gnu", "/usr/lib64"};
#else
constexpr std::array<const char*, 2> kLoaderFolders = {"/usr/lib/x86_64-linux-gnu", "/usr/lib64"};
#endif

// By the names that programs load them under, some by their whole version (.so.570.1); not those of compilers (.so).
bool IsDrivers(std::string_view name) {
  const bool ours =
      name.starts_with("libcuda") || name.starts_with("libnvidia-") || name.starts_with("libnvcuvid");
  const std::size_t dot = name.rfind(".so.");
  if (!ours || dot == std::string_view::npos) return false;
  const std::string_view version = name.substr(dot + 4);
  return !version.empty() && version.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

const std::vector<std::string>& DriverFolders() {
  static const std::vector<std::string> folders = {kLoaderFolders[0], kLoaderFolders[1], "/usr/lib",
                                                   "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64"};
  return folders;
}

std::vector<record::Mount> GpuDriver(FileSystem& files, const std::vector<std::string>& folders) {
  const auto folder = std::ranges::find_if(
      folders, [&](const std::string& each) { return files.Exists(each + "/" + std::string(kDriver)); });
  if (folder == folders.end()) return {};
  std::vector<record::Mount> mounts;
  for (const DirectoryEntry& entry : files.List(*folder)) {
    if (!IsDrivers(entry.name)) continue;
    for (const std::string place : kLoaderFolders)
      mounts.push_back({*folder + "/" + entry.name, place + "/" + entry.name, 0});
  }
  return mounts;
}

}  // namespace orrery::jobs::local
