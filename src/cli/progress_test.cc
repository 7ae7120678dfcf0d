#include "cli/progress.h"

#include <gmock/gmock.h>

#include "base/fake_random.h"

namespace orrery::cli {
namespace {

using jobs::JobState;
using testing::SizeIs;

class ProgressTest : public testing::Test {
 protected:
  ProgressTest() {
    for (int i = 1; i <= 4; ++i) {
      jobs_.push_back({.id = jobs::JobId::Draw(random_), .name = "train[" + std::to_string(i) + "]"});
    }
  }

  jobs::JobStatus Now(size_t place, JobState state, const std::string& reason = "") {
    return {.id = jobs_[place].id, .name = jobs_[place].name, .state = state, .reason = reason};
  }

  FakeRandom random_;
  std::vector<jobs::Job> jobs_;
};

TEST_F(ProgressTest, CountsWhereJobsStand) {
  Progress progress(jobs_);
  EXPECT_EQ(progress.Text(), "0/4 done, 4 waiting");
  progress.Take({Now(0, JobState::kSucceeded), Now(1, JobState::kFailed), Now(2, JobState::kRunning)});
  EXPECT_EQ(progress.Text(), "1/4 done, 1 failed, 1 running, 1 waiting");
  progress.Take({Now(2, JobState::kSucceeded), Now(3, JobState::kCancelled)});
  EXPECT_EQ(progress.Text(), "2/4 done, 1 failed, 1 cancelled");
  EXPECT_FALSE(progress.all_succeeded());
  EXPECT_THAT(progress.Live(), testing::IsEmpty());
}

TEST_F(ProgressTest, TellsOnceOfEachThatDidNotSucceed) {
  Progress progress(jobs_);
  const auto fallen =
      progress.Take({Now(0, JobState::kSucceeded), Now(1, JobState::kFailed, "exited with code 3")});
  ASSERT_THAT(fallen, SizeIs(1));
  EXPECT_EQ(fallen[0].name, "train[2]");
  EXPECT_EQ(fallen[0].reason, "exited with code 3");
  EXPECT_THAT(progress.Take({Now(1, JobState::kFailed)}), SizeIs(0));
  EXPECT_THAT(progress.Live(), SizeIs(2));
}

TEST_F(ProgressTest, SaysWhyNoneRuns) {
  Progress progress(jobs_);
  progress.Take({Now(0, JobState::kPending, "waits for job 17ab23cd (prepare) to succeed"),
                 Now(1, JobState::kQueued, "needs 1 CPU; 0 are free")});
  EXPECT_EQ(progress.Text(), "0/4 done, 4 waiting: needs 1 CPU; 0 are free");
  progress.Take({Now(2, JobState::kStarting)});
  EXPECT_EQ(progress.Text(), "0/4 done, 1 starting, 3 waiting");
}

TEST_F(ProgressTest, AllMustSucceed) {
  Progress progress(jobs_);
  progress.Take({Now(0, JobState::kSucceeded), Now(1, JobState::kSucceeded), Now(2, JobState::kSucceeded)});
  EXPECT_FALSE(progress.all_succeeded());
  progress.Take({Now(3, JobState::kSucceeded)});
  EXPECT_TRUE(progress.all_succeeded());
  EXPECT_EQ(progress.Text(), "4/4 done");
}

}  // namespace
}  // namespace orrery::cli
