#include <gmock/gmock.h>

#include "jobs/local/cpu_pins.h"
#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

using testing::EndsWith;

// Waits until it may run on these CPUs only.
std::string AwaitCpus(const std::string& list) {
  return "until grep -qx 'Cpus_allowed_list:.*[[:space:]]" + list +
         "' /proc/self/status; do sleep 0.02; done";
}

TEST(CpuPinningTest, WholeCpusAreAnAttemptsOwnAndTheOthersShareTheRest) {
  TestExecutor executor;
  const std::vector<int> all = CpusOfThisProcess(executor.real_files);
  if (all.size() < 2) GTEST_SKIP() << "needs two CPUs";
  const std::vector<int> two(all.begin(), all.begin() + 2);
  executor.options.cpus = two;
  executor.Restart();
  AttemptLaunch fraction = TestExecutor::Launch(AwaitCpus(std::to_string(two[0])), "fraction");
  fraction.cpus = 0.5;
  executor->Start(fraction);
  EXPECT_EQ(executor.WaitFor(fraction.id, AttemptPhase::kRunning).phase, AttemptPhase::kRunning);
  const AttemptLaunch whole =
      TestExecutor::Launch(AwaitCpus(std::to_string(two[1])) + "; sleep 600", "whole");
  executor->Start(whole);
  EXPECT_THAT(executor.WaitFor(whole.id, AttemptPhase::kRunning).enforcement,
              EndsWith("cpus " + std::to_string(two[1])));
  EXPECT_EQ(executor.WaitFor(fraction.id).outcome.value_or(AttemptOutcome()).exit_code, 0);

  executor.Restart();
  executor->Adopt({whole.id});
  const AttemptLaunch second = TestExecutor::Launch(AwaitCpus(std::to_string(two[0])), "second");
  EXPECT_EQ(executor.Run(second).exit_code, 0) << "the adopted one keeps its own";
  executor->Cancel(whole.id);
  executor.WaitFor(whole.id);
}

}  // namespace
}  // namespace orrery::jobs::local
