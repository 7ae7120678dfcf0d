#include <algorithm>
#include <fstream>
#include <tuple>

#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

/// Starts an attempt while the n-th file call of the server fails, then again without faults.
class FaultTest : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  // Returns false when there were fewer than `nth` calls.
  bool RunWithFault(int nth) {
    const auto [action, sticky] = GetParam();
    AttemptLaunch launch =
        TestExecutor::Launch("echo ran >> ../../../../ran; exit 3", "job" + std::to_string(nth));
    launch.manifest = manifest_;
    bool started = true;
    executor_.plan.Set("*@" + std::to_string(nth) + sticky + "=" + action);
    try {
      executor_->Start(launch);
    } catch (const Error& error) {
      started = false;
      EXPECT_EQ(error.code(), action == "eio" ? Code::kInternal : Code::kStorageFull) << error.what();
    }
    const bool failed = executor_.plan.Hit();
    executor_.plan.Set("");
    if (!started) {
      EXPECT_EQ(Runs(), 0) << "executed although Start failed at call " << nth;
      EXPECT_TRUE(executor_->Observe().empty());
      executor_->Start(launch);
    }
    EXPECT_EQ(executor_.WaitFor(launch.id).outcome->exit_code, 3) << "fault at call " << nth;
    EXPECT_EQ(Runs(), 1) << "fault at call " << nth;
    executor_->Forget(launch.id);
    std::filesystem::remove(Marker());
    return failed;
  }

  std::string Marker() const { return executor_.options.data_directory + "/ran"; }
  int Runs() const {
    std::ifstream file(Marker());
    return static_cast<int>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
  }

  TestExecutor executor_;
  const std::string manifest_ =
      executor_.code
          .Put(content::Manifest::Of({executor_.code.Entry("a/file", content::EntryMode::kFile, "x"),
                                      executor_.code.Entry("b", content::EntryMode::kLink, "a/file")})
                   .Text())
          .text();
};

TEST_P(FaultTest, AtEveryFileCallAnAttemptRunsOnceOrIsRefusedWhole) {
  constexpr int kSome = 10;
  int nth = 1;
  while (RunWithFault(nth) && !HasFailure()) ++nth;
  EXPECT_GT(nth, kSome);
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultTest,
                         testing::Combine(testing::Values("enospc", "eio"), testing::Values("", "+")));

}  // namespace
}  // namespace orrery::jobs::local
