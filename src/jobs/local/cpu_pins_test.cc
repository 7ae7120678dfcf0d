#include "jobs/local/cpu_pins.h"

#include <gtest/gtest.h>

namespace orrery::jobs::local {
namespace {

using Cpus = std::vector<int>;

TEST(PickCpusTest, AWholeNumberGetsCpusOfItsOwn) {
  EXPECT_EQ(PickCpus({0, 4, 1, 5}, {}, 2), (CpuPins{Cpus{1, 5}}));
  EXPECT_EQ(PickCpus({0, 4, 1, 5}, {1, 5}, 1), (CpuPins{Cpus{4}}));
  EXPECT_EQ(PickCpus({0, 4, 1, 5}, {1, 5, 4}, 1), (CpuPins{Cpus{0}}));
}

TEST(PickCpusTest, AFractionSharesWhatIsFree) {
  EXPECT_EQ(PickCpus({0, 4, 1, 5}, {1, 5}, 0.5), (CpuPins{Cpus{0, 4}, true}));
  EXPECT_EQ(PickCpus({0, 4, 1, 5}, {}, 1.5), (CpuPins{Cpus{0, 4, 1, 5}, true}));
}

TEST(PickCpusTest, WhereThereAreNotEnoughNothingIsPinned) {
  EXPECT_EQ(PickCpus({0, 1}, {0}, 2), CpuPins());
  EXPECT_EQ(PickCpus({}, {}, 1), CpuPins());
  EXPECT_TRUE(PickCpus({}, {}, 0.5).cpus.empty());
}

TEST(CpusOfThisProcessTest, ListsWhatTheKernelAllows) {
  PosixFileSystem files;
  const Cpus cpus = CpusOfThisProcess(files);
  EXPECT_FALSE(cpus.empty());
  EXPECT_EQ(std::set<int>(cpus.begin(), cpus.end()).size(), cpus.size());
}

}  // namespace
}  // namespace orrery::jobs::local
