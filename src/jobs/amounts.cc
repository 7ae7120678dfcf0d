#include "jobs/amounts.h"

#include <cmath>
#include <cstdio>
#include <iterator>

namespace orrery::jobs {
namespace {

std::string Trimmed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  std::string out = text;
  if (out.find('.') == std::string::npos) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

}  // namespace

std::string CpuNumber(int64_t millicpus) {
  return Trimmed(static_cast<double>(millicpus) / 1000, 3);
}

std::string CpuText(int64_t millicpus) {
  return CpuNumber(millicpus) + (millicpus == 1000 ? " CPU" : " CPUs");
}

std::string MemoryText(int64_t bytes) {
  static constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
  size_t unit = 0;
  auto value = static_cast<double>(bytes);
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return Trimmed(value, 1) + " " + kUnits[unit];
}

std::string GpuText(int64_t gpus) {
  return std::to_string(gpus) + (gpus == 1 ? " GPU" : " GPUs");
}

}  // namespace orrery::jobs
