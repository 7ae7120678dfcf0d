#include <csignal>
#include <string>

#include <gmock/gmock.h>

#include "supervisor/held_attempt.h"
#include "supervisor/held_groups.h"

namespace orrery::supervisor {
namespace {

using jobs::record::Cause;
using jobs::record::OutcomeRecord;
using testing::HasSubstr;

std::string Enforcement(const HeldAttempt& attempt) {
  return jobs::record::DecodeStarted(ReadFile(attempt.Path("started"))).record.value().enforcement;
}

/// A directory with files as a control group has them.
std::string MakeLookAlike(const HeldAttempt& attempt, const std::vector<std::string>& files) {
  const std::string directory = attempt.Path("group");
  std::filesystem::create_directory(directory);
  for (const std::string& file : files) std::ofstream(directory + "/" + file);
  return directory;
}

TEST(ControlGroupsTest, WritesTheSettingsPutsTheStepInAndSaysWhatHolds) {
  HeldAttempt attempt;
  const std::string group = MakeLookAlike(attempt, {"cgroup.procs", "memory.max", "cpu.max"});
  attempt.launch.groups = {{2,
                            group,
                            {"memory memory.max 33554432", "?memory memory.swap.max 0",
                             "cpu cpu.max 50000 100000", "pids pids.max 100"}}};
  attempt.AddScript("echo $$; cat " + group + "/cgroup.procs; ulimit -d");
  attempt.launch.memory_limit_bytes = 64 << 20;
  EXPECT_EQ(attempt.Run().exit_code, 0);
  EXPECT_EQ(ReadFile(group + "/memory.max"), "33554432");
  EXPECT_EQ(ReadFile(group + "/cpu.max"), "50000 100000");
  EXPECT_EQ(Enforcement(attempt), "cgroup v2: memory, cpu");
  const std::string process = ReadFile(group + "/cgroup.procs");
  EXPECT_EQ(attempt.Log(), process + "\n" + process + "unlimited\n");
}

TEST(ControlGroupsTest, WhereNoneCanBeMadeALimitOfEachProcessStaysAndIsTold) {
  HeldAttempt attempt;
  attempt.launch.groups = {{1, "/proc/no/such/place", {"memory memory.limit_in_bytes 1"}}};
  attempt.launch.memory_limit_bytes = 64 << 20;
  attempt.AddScript("ulimit -d");
  EXPECT_EQ(attempt.Run().exit_code, 0);
  EXPECT_EQ(attempt.Log(), "65536\n");
  EXPECT_EQ(Enforcement(attempt), "rlimit: data of each process");
}

TEST(ControlGroupsTest, AProcessKilledForWantOfMemoryIsToldApartFromOneThatOthersKilled) {
  HeldGroups groups({"memory"});
  if (groups.groups.empty()) GTEST_SKIP() << "no control group for memory can be made here";
  groups.groups[0].settings = {"memory memory.limit_in_bytes 33554432"};
  HeldAttempt attempt;
  attempt.launch.groups = groups.groups;
  attempt.AddStep({"tail", "/dev/zero"});
  const OutcomeRecord outcome = attempt.Run();
  EXPECT_EQ(outcome.cause, Cause::kOutOfMemory);
  EXPECT_EQ(outcome.signal, SIGKILL);
  EXPECT_EQ(Enforcement(attempt), "cgroup v1: memory");
  EXPECT_TRUE(groups.Gone());

  HeldAttempt killed;
  killed.launch.groups = groups.groups;
  killed.AddScript("kill -KILL $$");
  EXPECT_EQ(killed.Run().cause, Cause::kSignalled);
  EXPECT_TRUE(groups.Gone());
}

TEST(ControlGroupsTest, AStepThatFailsBecauseItsChildWasKilledForMemoryRanOutOfItAndOneThatCopesDidNot) {
  HeldGroups groups({"memory"});
  if (groups.groups.empty()) GTEST_SKIP() << "no control group for memory can be made here";
  groups.groups[0].settings = {"memory memory.limit_in_bytes 33554432"};
  HeldAttempt fails;
  fails.launch.groups = groups.groups;
  fails.AddScript("tail /dev/zero || exit 3");
  const OutcomeRecord outcome = fails.Run();
  EXPECT_EQ(outcome.cause, Cause::kOutOfMemory);
  EXPECT_EQ(outcome.exit_code, 3);

  HeldAttempt copes;
  copes.launch.groups = groups.groups;
  copes.AddScript("tail /dev/zero || exit 0");
  EXPECT_EQ(copes.Run().cause, Cause::kExited);
}

TEST(ControlGroupsTest, AForkBombComesToItsLimitAndNothingOfItStays) {
  HeldGroups groups({"pids", "kill"});
  if (groups.found.find("pids") == std::string::npos)
    GTEST_SKIP() << "no control group for pids can be made here";
  groups.groups[0].settings = {"pids pids.max 40"};
  HeldAttempt attempt;
  attempt.launch.groups = groups.groups;
  attempt.AddScript("bomb() { bomb & bomb & sleep 1000; }; bomb");
  attempt.launch.steps[0].timeout_ms = 1'000;
  attempt.launch.grace_ms = 1;
  attempt.Run();
  EXPECT_THAT(attempt.Log(), HasSubstr("fork"));
  EXPECT_TRUE(groups.Gone());
}

TEST(ControlGroupsTest, EachStepFindsTheLimitsThatTheOneBeforeHad) {
  HeldGroups groups({"pids", "kill"});
  if (groups.found.find("pids") == std::string::npos)
    GTEST_SKIP() << "no control group for pids can be made here";
  groups.groups[0].settings = {"pids pids.max 40"};
  HeldAttempt attempt;
  attempt.launch.groups = groups.groups;
  for (const char* label : {"first", "second"})
    attempt.AddScript("(echo forked); cat " + groups.groups[0].directory + "/pids.max", label);
  EXPECT_EQ(attempt.Run().exit_code, 0);
  EXPECT_EQ(attempt.Log(), "forked\n40\nforked\n40\n");
}

TEST(ControlGroupsTest, AGuardClearsTheGroupsOfAKilledSupervisor) {
  HeldGroups groups({"pids"});
  if (groups.groups.empty()) GTEST_SKIP() << "no control group can be made here";
  groups.groups[0].settings = {"pids pids.max 40"};
  HeldAttempt attempt;
  attempt.launch.groups = groups.groups;
  attempt.AddScript("setsid sh -c 'echo up > ../fifo; exec sleep 1000' & exec sleep 1000");
  ASSERT_EQ(attempt.Start(), jobs::record::kClaimed);
  EXPECT_EQ(attempt.ReadFifo(), "up\n");
  kill(static_cast<pid_t>(attempt.Claim().pid), SIGKILL);
  attempt.WaitUntilGone();
  EXPECT_TRUE(groups.Gone());
  EXPECT_FALSE(attempt.Has("outcome"));
}

}  // namespace
}  // namespace orrery::supervisor
