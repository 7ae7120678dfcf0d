#include "jobs/local/usage_file.h"

#include <gmock/gmock.h>

namespace orrery::jobs::local {
namespace {

using testing::ElementsAre;

TEST(UsageFileTest, ReadsWholeLinesOnly) {
  const UsageLines lines = ParseUsage("1 2 3 4 5 6 7\n10 20 30 40 50 60 70\n100 200 3");
  EXPECT_THAT(lines.samples,
              ElementsAre(UsageSample{1, 2, 3, 4, 5, 6, 7}, UsageSample{10, 20, 30, 40, 50, 60, 70}));
  EXPECT_EQ(lines.length, 35u);
  EXPECT_EQ(ParseUsage("").length, 0u);
}

TEST(UsageFileTest, SkipsWhatAFullDiskTore) {
  EXPECT_THAT(ParseUsage("1 2 3 41 2 3 4 5 6 7\nno\n\n1 2 3 4 5 6 7\n").samples,
              ElementsAre(UsageSample{1, 2, 3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace orrery::jobs::local
