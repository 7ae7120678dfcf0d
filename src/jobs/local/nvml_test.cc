#include "jobs/local/nvml.h"

#include <cstdlib>

#include <gmock/gmock.h>

namespace orrery::jobs::local {
namespace {

using testing::ElementsAre;

TEST(NvmlTest, ListsGpusAndTheSlicesOfThoseThatAreCut) {
  const auto nvml = Nvml::Load(NVML_STUB);
  ASSERT_TRUE(nvml);
  EXPECT_THAT(nvml->Devices(), ElementsAre(GpuDevice{"GPU-0000", "H100", 80LL << 30},
                                           GpuDevice{"MIG-aaaa", "H100-1g.10gb", 10LL << 30},
                                           GpuDevice{"MIG-bbbb", "H100-3g.40gb", 40LL << 30}));
}

TEST(NvmlTest, ReadsWhatTheyDo) {
  const std::vector<GpuReading> readings = Nvml::Load(NVML_STUB)->Sample();
  ASSERT_EQ(readings.size(), 3u);
  EXPECT_EQ(readings[0].id, "GPU-0000");
  EXPECT_EQ(readings[0].utilization, 0.37);
  EXPECT_EQ(readings[0].memory_used_bytes, 1LL << 30);
  EXPECT_EQ(readings[0].memory_bytes, 80LL << 30);
  EXPECT_EQ(readings[0].power_watts, 123.456);
  EXPECT_EQ(readings[1].id, "MIG-aaaa");
  EXPECT_EQ(readings[1].utilization, std::nullopt);
  EXPECT_EQ(readings[1].memory_used_bytes, 1LL << 30);
  EXPECT_EQ(readings[1].power_watts, std::nullopt);
}

TEST(NvmlTest, IsAbsentWithoutALibraryOrWithoutADriver) {
  EXPECT_FALSE(Nvml::Load("/no/such/library.so"));
  EXPECT_FALSE(Nvml::Load("libdl.so.2"));  // a library, but another one
  setenv("ORRERY_STUB_NVML", "broken", 1);
  EXPECT_FALSE(Nvml::Load(NVML_STUB));
  unsetenv("ORRERY_STUB_NVML");
}

TEST(GpuTypeTest, IsTheProductsNameInShort) {
  EXPECT_EQ(GpuType("NVIDIA H100 80GB HBM3"), "H100");
  EXPECT_EQ(GpuType("NVIDIA A100-SXM4-40GB"), "A100");
  EXPECT_EQ(GpuType("Tesla V100-SXM2-16GB"), "V100");
  EXPECT_EQ(GpuType("NVIDIA L40S"), "L40S");
  EXPECT_EQ(GpuType("NVIDIA GeForce RTX 4090"), "RTX4090");
  EXPECT_EQ(GpuType("NVIDIA GeForce RTX 3080 Ti"), "RTX3080Ti");
  EXPECT_EQ(GpuType("NVIDIA RTX A6000"), "A6000");
  EXPECT_EQ(GpuType("NVIDIA RTX 6000 Ada Generation"), "RTX6000Ada");
  EXPECT_EQ(GpuType("NVIDIA TITAN V"), "TITANV");
  EXPECT_EQ(GpuType(""), "");
}

}  // namespace
}  // namespace orrery::jobs::local
