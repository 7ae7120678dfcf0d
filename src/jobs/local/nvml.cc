#include "jobs/local/nvml.h"

#include <array>
#include <utility>

#include <dlfcn.h>

#include "base/log.h"

namespace orrery::jobs::local {
namespace {

// The few declarations of nvml.h that are used here; the library keeps them as they are over its versions.
using Device = struct Opaque*;
struct Memory {
  unsigned long long total, free, used;
};
struct Utilization {
  unsigned gpu, memory;  // percent
};
constexpr int kSuccess = 0;
constexpr unsigned kMigEnabled = 1;

template <class Function>
bool Bind(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

struct Nvml::Calls {
  ~Calls() {
    if (shut_down != nullptr) shut_down();
    if (library != nullptr) dlclose(library);
  }

  void* library = nullptr;
  int (*shut_down)() = nullptr;  // set once initialised
  int (*count)(unsigned*) = nullptr;
  int (*by_index)(unsigned, Device*) = nullptr;
  int (*uuid)(Device, char*, unsigned) = nullptr;
  int (*name)(Device, char*, unsigned) = nullptr;
  int (*memory)(Device, Memory*) = nullptr;
  int (*utilization)(Device, Utilization*) = nullptr;
  int (*power)(Device, unsigned*) = nullptr;
  // Absent in libraries that know no slices.
  int (*mig_mode)(Device, unsigned*, unsigned*) = nullptr;
  int (*most_slices)(Device, unsigned*) = nullptr;
  int (*slice)(Device, unsigned, Device*) = nullptr;

  bool BindAll() {
    Bind(library, "nvmlDeviceGetMigMode", mig_mode);
    Bind(library, "nvmlDeviceGetMaxMigDeviceCount", most_slices);
    Bind(library, "nvmlDeviceGetMigDeviceHandleByIndex", slice);
    return Bind(library, "nvmlDeviceGetCount_v2", count) &&
           Bind(library, "nvmlDeviceGetHandleByIndex_v2", by_index) &&
           Bind(library, "nvmlDeviceGetUUID", uuid) && Bind(library, "nvmlDeviceGetName", name) &&
           Bind(library, "nvmlDeviceGetMemoryInfo", memory) &&
           Bind(library, "nvmlDeviceGetUtilizationRates", utilization) &&
           Bind(library, "nvmlDeviceGetPowerUsage", power);
  }

  std::string Text(int (*call)(Device, char*, unsigned), Device device) const {
    std::array<char, 256> text{};
    return call(device, text.data(), text.size() - 1) == kSuccess ? text.data() : "";
  }

  bool IsSliced(Device device) const {
    unsigned now = 0, after_reset = 0;
    return mig_mode != nullptr && most_slices != nullptr && slice != nullptr &&
           mig_mode(device, &now, &after_reset) == kSuccess && now == kMigEnabled;
  }
};

struct Nvml::Found {
  Device handle;
  std::string type;
  bool sliced = false;
};

std::unique_ptr<Nvml> Nvml::Load(const std::string& library) {
  auto calls = std::make_unique<Calls>();
  calls->library = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (calls->library == nullptr) return nullptr;
  int (*init)() = nullptr;
  int (*shut_down)() = nullptr;
  const bool whole = Bind(calls->library, "nvmlInit_v2", init) &&
                     Bind(calls->library, "nvmlShutdown", shut_down) && calls->BindAll();
  const int result = whole ? init() : -1;
  if (result != kSuccess) {
    Log(LogLevel::kWarning, "NVIDIA's management library cannot be used", {{"result", result}});
    return nullptr;
  }
  calls->shut_down = shut_down;
  return std::unique_ptr<Nvml>(new Nvml(std::move(calls)));
}

Nvml::Nvml(std::unique_ptr<Calls> calls) : calls_(std::move(calls)) {}
Nvml::~Nvml() = default;

std::vector<Nvml::Found> Nvml::Find() const {
  std::vector<Found> found;
  unsigned count = 0;
  if (calls_->count(&count) != kSuccess) return found;
  for (unsigned i = 0; i < count; ++i) {
    Device gpu = nullptr;
    if (calls_->by_index(i, &gpu) != kSuccess) continue;
    const std::string type = GpuType(calls_->Text(calls_->name, gpu));
    if (!calls_->IsSliced(gpu)) {
      found.push_back({gpu, type});
      continue;
    }
    unsigned most = 0;
    calls_->most_slices(gpu, &most);
    for (unsigned j = 0; j < most; ++j) {
      Device slice = nullptr;
      if (calls_->slice(gpu, j, &slice) != kSuccess) continue;  // that place is empty
      constexpr std::string_view kMark = " MIG ";               // "NVIDIA H100 80GB HBM3 MIG 1g.10gb"
      const std::string name = calls_->Text(calls_->name, slice);
      const std::size_t mark = name.find(kMark);
      found.push_back(
          {slice, type + "-" + (mark == std::string::npos ? "MIG" : name.substr(mark + kMark.size())), true});
    }
  }
  return found;
}

std::vector<GpuDevice> Nvml::Devices() const {
  std::vector<GpuDevice> devices;
  for (const Found& found : Find()) {
    Memory memory = {};
    calls_->memory(found.handle, &memory);
    devices.push_back(
        {calls_->Text(calls_->uuid, found.handle), found.type, static_cast<std::int64_t>(memory.total)});
  }
  return devices;
}

std::vector<GpuReading> Nvml::Sample() const {
  std::vector<GpuReading> readings;
  for (const Found& found : Find()) {
    GpuReading& reading = readings.emplace_back();
    reading.id = calls_->Text(calls_->uuid, found.handle);
    Memory memory = {};
    if (calls_->memory(found.handle, &memory) == kSuccess) {
      reading.memory_used_bytes = static_cast<std::int64_t>(memory.used);
      reading.memory_bytes = static_cast<std::int64_t>(memory.total);
    }
    Utilization utilization = {};
    if (calls_->utilization(found.handle, &utilization) == kSuccess)
      reading.utilization = utilization.gpu / 100.0;
    unsigned milliwatts = 0;
    if (!found.sliced && calls_->power(found.handle, &milliwatts) == kSuccess)
      reading.power_watts = milliwatts / 1000.0;
  }
  return readings;
}

}  // namespace orrery::jobs::local
