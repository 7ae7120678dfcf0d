#include "jobs/requirement_lines.h"

#include <gmock/gmock.h>

namespace orrery::jobs {
namespace {

TEST(RequirementLinesTest, AreThoseThatPipReads) {
  EXPECT_THAT(RequirementLines("# one\n\n six \\\n  ==1 # two\r\nhttps://a/b#egg=c\n"),
              testing::ElementsAre("six ==1", "https://a/b#egg=c"));
  // A comment ends a line that goes on.
  EXPECT_THAT(RequirementLines("six \\\n# no\n./pkg\n"), testing::ElementsAre("six", "./pkg"));
}

TEST(RequirementLinesTest, IncludedFilesStayThoseBesideTheFile) {
  EXPECT_EQ(
      MovedOutOf("deep/er", "-r base.txt\n  -c../limits.txt\n--requirement=a.txt\n--constraint b.txt # c\n"),
      "-r deep/er/base.txt\n  -cdeep/er/../limits.txt\n--requirement=deep/er/a.txt\n"
      "--constraint deep/er/b.txt # c\n");
  const std::string kept =
      "six\n./pkg\n-r /abs.txt\n-c https://example.org/c.txt\n--require-hashes\n--requirements\n-r\n# -r "
      "a.txt";
  EXPECT_EQ(MovedOutOf("deep", kept), kept);
}

}  // namespace
}  // namespace orrery::jobs
