// A stand-in for NVIDIA's management library, for tests: two H100, the second one cut into two slices.
// ORRERY_STUB_NVML=broken makes it refuse, as the library does without a driver.

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kSuccess = 0;
constexpr int kNotSupported = 3;
constexpr int kNotFound = 6;
constexpr int kDriverNotLoaded = 9;

struct Gpu {
  const char* name;
  const char* uuid;
  unsigned long long memory;
  bool sliced;
  bool slice;
};

Gpu g_gpus[] = {{"NVIDIA H100 80GB HBM3", "GPU-0000", 80ull << 30, false, false},
                {"NVIDIA H100 80GB HBM3", "GPU-1111", 80ull << 30, true, false}};
Gpu g_slices[] = {{"NVIDIA H100 80GB HBM3 MIG 1g.10gb", "MIG-aaaa", 10ull << 30, false, true},
                  {"NVIDIA H100 80GB HBM3 MIG 3g.40gb", "MIG-bbbb", 40ull << 30, false, true}};

int Put(char* out, unsigned size, const char* text) {
  std::snprintf(out, size, "%s", text);
  return kSuccess;
}

}  // namespace

extern "C" {

struct nvmlMemory {
  unsigned long long total, free, used;
};
struct nvmlUtilization {
  unsigned gpu, memory;
};

int nvmlInit_v2() {
  const char* mode = std::getenv("ORRERY_STUB_NVML");
  return mode != nullptr && std::strcmp(mode, "broken") == 0 ? kDriverNotLoaded : kSuccess;
}
int nvmlShutdown() {
  return kSuccess;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return kSuccess;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, Gpu** gpu) {
  *gpu = &g_gpus[index];
  return kSuccess;
}
int nvmlDeviceGetUUID(Gpu* gpu, char* out, unsigned size) {
  return Put(out, size, gpu->uuid);
}
int nvmlDeviceGetName(Gpu* gpu, char* out, unsigned size) {
  return Put(out, size, gpu->name);
}
int nvmlDeviceGetMemoryInfo(Gpu* gpu, nvmlMemory* memory) {
  *memory = {gpu->memory, gpu->memory - (1ull << 30), 1ull << 30};
  return kSuccess;
}
int nvmlDeviceGetUtilizationRates(Gpu* gpu, nvmlUtilization* rates) {
  if (gpu->slice) return kNotSupported;
  *rates = {37, 12};
  return kSuccess;
}
int nvmlDeviceGetPowerUsage(Gpu*, unsigned* milliwatts) {
  *milliwatts = 123456;
  return kSuccess;
}
int nvmlDeviceGetMigMode(Gpu* gpu, unsigned* now, unsigned* after_reset) {
  *now = *after_reset = gpu->sliced ? 1 : 0;
  return kSuccess;
}
int nvmlDeviceGetMaxMigDeviceCount(Gpu*, unsigned* count) {
  *count = 7;
  return kSuccess;
}
int nvmlDeviceGetMigDeviceHandleByIndex(Gpu*, unsigned index, Gpu** slice) {
  if (index != 0 && index != 5) return kNotFound;  // places stay empty between slices
  *slice = &g_slices[index == 0 ? 0 : 1];
  return kSuccess;
}

}  // extern "C"
