#include "jobs/conda_text.h"

#include <gtest/gtest.h>

namespace orrery::jobs {
namespace {

TEST(CondaTextTest, TellsExactListsFromEnvironmentFiles) {
  EXPECT_TRUE(IsExplicit("# by conda\n@EXPLICIT\r\nhttps://example.org/a.conda#00\n"));
  EXPECT_FALSE(IsExplicit("dependencies:\n  - python # @EXPLICIT\n"));
}

TEST(CondaTextTest, FindsWhatPipIsToInstall) {
  EXPECT_EQ(PipPartOf("dependencies:\n- python=3.11\n- pip\n"), "");
  EXPECT_EQ(PipPartOf("name: a\ndependencies:\n  - pip\n  - pip:\n    # mine\n    - six>=1\n    - \"./pkg\"\n"
                      "    - -r other.txt\n  - numpy\n"),
            "six>=1\n./pkg\n-r other.txt\n");
  EXPECT_EQ(PipPartOf("@EXPLICIT\nhttps://example.org/pip-1.conda\n# pip: six==1\n"), "six==1\n");
}

TEST(CondaTextTest, DoesNotGuess) {
  for (const char* text :
       {"dependencies: [{pip: [./pkg]}]", "dependencies:\n- pip: [./pkg]\n",
        "dependencies:\n- \"pip\":\n  - ./pkg\n", "dependencies:\n- pip:\n  - *local\n",
        "dependencies:\n- pip:\n  - |\n    ./pkg\n", "dependencies:\n- pip: &list\n  - ./pkg\n"}) {
    EXPECT_EQ(PipPartOf(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace orrery::jobs
