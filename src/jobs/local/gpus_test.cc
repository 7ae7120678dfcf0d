#include "jobs/local/gpus.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace orrery::jobs::local {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<GpuDevice> kDevices = {
    {"a", "H100", 0}, {"b", "A100", 0}, {"c", "H100", 0}, {"d", "H100", 0}, {"e", "A100", 0}};

TEST(NumberGpusTest, CountsOnOverTheTypes) {
  EXPECT_THAT(NumberGpus({{"H100", 2}, {"A100", 1}}),
              ElementsAre(GpuDevice{"0", "H100"}, GpuDevice{"1", "H100"}, GpuDevice{"2", "A100"}));
  EXPECT_THAT(NumberGpus({}), IsEmpty());
}

TEST(PickGpusTest, AllAreOfOneType) {
  EXPECT_THAT(PickGpus(kDevices, {}, 2, "H100"), ElementsAre("a", "c"));
  EXPECT_THAT(PickGpus(kDevices, {}, 2, ""), ElementsAre("b", "e"));  // leaves the larger group whole
  EXPECT_THAT(PickGpus(kDevices, {}, 3, ""), ElementsAre("a", "c", "d"));
  EXPECT_THAT(PickGpus(kDevices, {"a"}, 2, "H100"), ElementsAre("c", "d"));
  EXPECT_THAT(PickGpus({}, {}, 0, "H100"), IsEmpty());
}

TEST(PickGpusTest, SaysWhatIsFree) {
  try {
    PickGpus(kDevices, {"a"}, 3, "");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "not enough free GPUs: asked for 3 of one type, free 2 A100, 2 H100");
  }
  EXPECT_THROW(PickGpus(kDevices, {}, 1, "B200"), Error);
}

}  // namespace
}  // namespace orrery::jobs::local
