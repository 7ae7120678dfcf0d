#include "jobs/local/gpu_driver.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

TEST(GpuDriverTest, IsTheDriversLibrariesWhereLoadersLook) {
  TestExecutor executor;
  const std::string folder = executor.options.data_directory + "/lib";
  EXPECT_TRUE(GpuDriver(executor.files, {"/no/such/folder", executor.options.data_directory}).empty());
  std::filesystem::create_directory(folder);
  for (const char* name : {"libcuda.so", "libcuda.so.1", "libcuda.so.570.1.2", "libnvidia-ml.so.1",
                           "libnvidia-glcore.so.570.1.2", "libc.so.6", "libcudart.so.x"})
    std::ofstream(folder + "/" + name);
  std::vector<std::string> found;
  for (const record::Mount& mount : GpuDriver(executor.files, {"/no/such/folder", folder})) {
    EXPECT_FALSE(mount.writable);
    if (mount.target.starts_with("/usr/lib64/")) found.push_back(mount.source.substr(folder.size() + 1));
  }
  EXPECT_THAT(found, testing::UnorderedElementsAre("libcuda.so.1", "libcuda.so.570.1.2", "libnvidia-ml.so.1",
                                                   "libnvidia-glcore.so.570.1.2"));
}

}  // namespace
}  // namespace orrery::jobs::local
