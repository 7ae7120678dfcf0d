#pragma once

#include <cstdint>
#include <string>

namespace orrery::jobs {

/// "1 CPU", "0.5 CPUs", "2 CPUs".
std::string CpuText(int64_t millicpus);

/// The number alone: "1.5".
std::string CpuNumber(int64_t millicpus);

/// "512 MiB", "1.5 GiB".
std::string MemoryText(int64_t bytes);

/// "1 GPU", "8 GPUs".
std::string GpuText(int64_t gpus);

}  // namespace orrery::jobs
