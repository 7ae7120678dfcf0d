#include "base/build_info.h"

#include <regex>

#include <gmock/gmock.h>

namespace orrery {
namespace {

TEST(BuildInfo, TellsReleaseCommitAndBuild) {
  EXPECT_TRUE(std::regex_match(ThisBuild().version, std::regex(R"(\d+\.\d+\.\d+)"))) << ThisBuild().version;
  EXPECT_TRUE(std::regex_match(ThisBuild().commit, std::regex("unknown|[0-9a-f]{7,40}(-dirty)?")))
      << ThisBuild().commit;
  EXPECT_THAT(ThisBuild().build,
              ::testing::AnyOf(::testing::HasSubstr("gnu"), ::testing::HasSubstr("clang")));
}

}  // namespace
}  // namespace orrery
