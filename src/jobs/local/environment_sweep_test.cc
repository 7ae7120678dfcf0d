#include "jobs/local/environment_sweep.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <sys/file.h>

#include "base/fake_clock.h"
#include "jobs/local/environment.h"
#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

constexpr std::chrono::hours kMonth{30 * 24};

/// Environments that look as if they had been built: nothing else of them matters here.
class EnvironmentSweepTest : public testing::Test {
 protected:
  EnvironmentSweepTest() { std::filesystem::create_directories(root_); }

  std::string Make(const std::string& name, int kilobytes = 3) {
    const std::string directory = root_ + "/" + name;
    std::filesystem::create_directories(directory + "/bin");
    for (const char* file : {"complete", "used", "bin/python"}) std::ofstream(directory + "/" + file);
    std::ofstream(directory + "/kilobytes") << kilobytes << "\n";
    std::ofstream(directory + ".lock");
    return directory;
  }
  Instant LastUse(const std::string& directory) {
    return executor_.real_files.Stat(directory + "/used").modified;
  }
  SweptEnvironments Sweep(Instant before, const std::string& in_use = "") {
    return SweepEnvironments(executor_.files, root_, before,
                             [&](const std::string& directory) { return directory == in_use; });
  }

  TestExecutor executor_;
  const std::string root_ = executor_.options.data_directory + "/environments";
};

TEST_F(EnvironmentSweepTest, RemovesThoseThatWereLastUsedBeforeTheGivenTime) {
  const std::string directory = Make("a");
  SweptEnvironments swept = Sweep(LastUse(directory));
  EXPECT_EQ(swept.removed, 0);
  EXPECT_EQ(swept.kept, 1);
  EXPECT_EQ(swept.kept_bytes, 3 * 1024);
  EXPECT_TRUE(std::filesystem::exists(directory + "/bin/python"));

  swept = Sweep(LastUse(directory) + Microseconds(1));
  EXPECT_EQ(swept.removed, 1);
  EXPECT_EQ(swept.removed_bytes, 3 * 1024);
  EXPECT_EQ(swept.kept, 0);
  EXPECT_TRUE(std::filesystem::is_empty(root_));
}

TEST_F(EnvironmentSweepTest, LeavesThoseThatAreBuiltOrUsed) {
  const std::string used = Make("a");
  const std::string built = Make("b");
  const auto lock = executor_.real_files.Open(built + ".lock", OpenMode::kReadWrite);
  ASSERT_EQ(flock(lock->Descriptor(), LOCK_EX), 0);
  EXPECT_EQ(Sweep(LastUse(built) + kMonth, used).kept, 2);
  EXPECT_TRUE(std::filesystem::exists(used + "/complete"));
  EXPECT_TRUE(std::filesystem::exists(built + "/complete"));
}

TEST_F(EnvironmentSweepTest, ThoseOfOneAttemptGoWithIt) {
  const std::string own = Make(std::string(kOwnEnvironment) + "a");
  EXPECT_EQ(Sweep(LastUse(own), own).kept, 1);
  EXPECT_EQ(Sweep(LastUse(own)).removed, 1);
}

TEST_F(EnvironmentSweepTest, CutShortItLeavesNothingThatLooksWhole) {
  for (int at = 1;; ++at) {
    const std::string directory = Make("a");
    bool done = false;
    executor_.plan.Set("*@" + std::to_string(at) + "+=eio");
    try {
      done = Sweep(LastUse(directory) + kMonth).removed == 1;
    } catch (const Error&) {
    }
    executor_.plan.Set("");
    if (done) break;
    EXPECT_TRUE(!std::filesystem::exists(directory + "/complete") ||
                std::filesystem::exists(directory + "/bin/python"))
        << at;
    Sweep(Instant() + kMonth);
    EXPECT_FALSE(std::filesystem::exists(directory + ".removed")) << at;
    ASSERT_LT(at, 1000);
  }
}

TEST_F(EnvironmentSweepTest, TheExecutorKeepsWhatALiveAttemptUses) {
  FakeClock clock;
  LocalExecutor executor(executor_.options, executor_.files, executor_.processes, clock, executor_.code);
  AttemptLaunch launch = TestExecutor::Launch("touch up; until test -e down; do sleep 0.05; done");
  launch.environment = EnvironmentSpec{.requirements = "# nothing\n"};
  executor.Start(launch);
  const auto phase = [&] { return executor.Observe().at(0).phase; };
  while (phase() != AttemptPhase::kRunning) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::string directory = std::filesystem::read_symlink(executor_.Path(launch.id, "environment"));
  clock.Jump(LastUse(directory) + kMonth + Microseconds(1) - clock.Now());
  EXPECT_EQ(executor.SweepEnvironments(kMonth).kept, 1);
  std::ofstream(executor_.Path(launch.id, "work/down"));
  while (phase() != AttemptPhase::kEnded) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  clock.Jump(LastUse(directory) + kMonth - clock.Now());
  EXPECT_EQ(executor.SweepEnvironments(kMonth).kept, 1);
  clock.Jump(LastUse(directory) + kMonth + Microseconds(1) - clock.Now());
  const SweptEnvironments swept = executor.SweepEnvironments(kMonth);
  EXPECT_EQ(swept.removed, 1);
  EXPECT_GT(swept.removed_bytes, 1 << 20);
  EXPECT_FALSE(std::filesystem::exists(directory));
}

}  // namespace
}  // namespace orrery::jobs::local
