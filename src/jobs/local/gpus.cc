#include "jobs/local/gpus.h"

#include <map>

#include "base/error.h"

namespace orrery::jobs::local {
namespace {

using FreeByType = std::map<std::string, std::vector<std::string>>;

std::string Describe(const FreeByType& free) {
  std::string text;
  for (const auto& [type, ids] : free) {
    text += (text.empty() ? "" : ", ") + std::to_string(ids.size()) + (type.empty() ? "" : " " + type);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::vector<GpuDevice> NumberGpus(const std::vector<GpuCount>& counts) {
  std::vector<GpuDevice> devices;
  for (const GpuCount& some : counts) {
    for (int i = 0; i < some.count; ++i) devices.push_back({std::to_string(devices.size()), some.type});
  }
  return devices;
}

std::vector<std::string> PickGpus(const std::vector<GpuDevice>& devices, const std::set<std::string>& used,
                                  int count, const std::string& type) {
  if (count == 0) return {};
  FreeByType free;
  for (const GpuDevice& device : devices) {
    if (!used.contains(device.id)) free[device.type].push_back(device.id);
  }
  const std::vector<std::string>* best = nullptr;
  for (const auto& [name, ids] : free) {
    const bool fits = (type.empty() || name == type) && ids.size() >= static_cast<std::size_t>(count);
    if (fits && (best == nullptr || ids.size() < best->size())) best = &ids;
  }
  if (best == nullptr) {
    throw Error(Code::kFailedPrecondition, "not enough free GPUs: asked for " + std::to_string(count) +
                                               (type.empty() ? " of one type" : " of type " + type) +
                                               ", free " + Describe(free));
  }
  return {best->begin(), best->begin() + count};
}

}  // namespace orrery::jobs::local
