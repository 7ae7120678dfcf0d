#include <gtest/gtest.h>

#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

TEST(CheckpointTest, AttemptsOfAJobShareTheCheckpointAndOnlyTheLatestKeepsItsWork) {
  TestExecutor executor;
  const auto launch = [](int number) {
    return TestExecutor::Launch(
        "cat \"$ORRERY_CHECKPOINT_DIR/state\" 2> /dev/null; touch left; "
        "echo $ORRERY_CHECKPOINT_DIR >> \"$ORRERY_CHECKPOINT_DIR/state\"",
        "job", number);
  };
  executor.Run(launch(1));
  EXPECT_TRUE(executor.files.Exists(executor.Path({"job", 1}, "work/left")));
  executor.Run(launch(2));
  EXPECT_EQ(executor.Log({"job", 2}), executor.options.data_directory + "/jobs/job/checkpoint\n");
  EXPECT_FALSE(executor.files.Exists(executor.Path({"job", 1}, "work")));
  EXPECT_FALSE(executor.files.Exists(executor.Path({"job", 1}, "work.removed")));
  EXPECT_TRUE(executor.files.Exists(executor.Path({"job", 1}, "outcome")));
  EXPECT_TRUE(executor.files.Exists(executor.Path({"job", 2}, "work/left")));
}

}  // namespace
}  // namespace orrery::jobs::local
