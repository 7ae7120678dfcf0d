#include "jobs/fake_executor.h"

#include <csignal>
#include <stdexcept>

#include <gtest/gtest.h>

namespace orrery::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

AttemptLaunch Launch(const std::string& job, int number = 1) {
  AttemptLaunch launch;
  launch.id = {job, number};
  launch.command = {"true"};
  return launch;
}

TEST(FakeExecutorTest, RunsAnAttemptThroughItsPhasesInVirtualTime) {
  FakeExecutor executor({{"fake", 2, 1 << 30, {}}}, [](const AttemptLaunch&) {
    return FakeRun{.claim_after = milliseconds(5),
                   .run_after = milliseconds(5),
                   .end_after = seconds(3),
                   .log = "hello"};
  });
  executor.Start(Launch("a"));
  EXPECT_EQ(executor.Observe().at(0).phase, AttemptPhase::kLaunched);
  executor.Advance(milliseconds(5));
  EXPECT_EQ(executor.Observe().at(0).phase, AttemptPhase::kClaimed);
  executor.Advance(milliseconds(5));
  EXPECT_EQ(executor.Observe().at(0).phase, AttemptPhase::kRunning);
  EXPECT_EQ(executor.OpenLog({"a", 1})->Read(1, 3).bytes, "ell");
  executor.Advance(seconds(10));
  const AttemptObservation ended = executor.Observe().at(0);
  EXPECT_EQ(ended.phase, AttemptPhase::kEnded);
  EXPECT_EQ(ended.outcome->exit_code, 0);
  EXPECT_EQ(ended.outcome->started_at_us, 10'000);
  EXPECT_EQ(ended.outcome->ended_at_us, 3'010'000);
  executor.Forget({"a", 1});
  EXPECT_TRUE(executor.Observe().empty());
}

TEST(FakeExecutorTest, StartingAgainChangesNothing) {
  FakeExecutor executor;
  executor.Start(Launch("a"));
  executor.Start(Launch("a"));
  EXPECT_EQ(executor.Launches().size(), 1u);
}

TEST(FakeExecutorTest, TimeoutAndCancelEndAnAttemptAfterItsGrace) {
  FakeExecutor executor({{"fake", 2, 1 << 30, {}}}, [](const AttemptLaunch&) {
    return FakeRun{.end_after = seconds(100), .ignores_sigterm = true};
  });
  AttemptLaunch timed = Launch("timed");
  timed.timeout = seconds(2);
  timed.grace = seconds(1);
  executor.Start(timed);
  executor.Start(Launch("cancelled"));
  executor.Advance(milliseconds(1999));
  executor.Cancel({"cancelled", 1});
  executor.Advance(seconds(20));
  const auto seen = executor.Observe();
  EXPECT_EQ(seen.at(0).outcome->cause, EndCause::kCancelled);
  EXPECT_EQ(seen.at(0).outcome->signal, SIGKILL);
  EXPECT_EQ(seen.at(0).outcome->ended_at_us, 11'999'000);
  EXPECT_EQ(seen.at(1).outcome->cause, EndCause::kTimeout);
  EXPECT_EQ(seen.at(1).outcome->ended_at_us, 3'000'000);
}

TEST(FakeExecutorTest, AfterARestartAttemptsAreAdoptedOrAbsent) {
  FakeExecutor executor({{"fake", 2, 1 << 30, {}}},
                        [](const AttemptLaunch&) { return FakeRun{.end_after = seconds(1)}; });
  executor.Start(Launch("a"));
  executor.ForgetAll();
  EXPECT_TRUE(executor.Observe().empty());
  executor.Advance(seconds(1));
  executor.Adopt({{"a", 1}, {"b", 1}});
  EXPECT_EQ(executor.Observe().at(0).phase, AttemptPhase::kEnded);
  EXPECT_EQ(executor.Observe().at(1).phase, AttemptPhase::kAbsent);
  executor.Start(Launch("b"));
  EXPECT_EQ(executor.Observe().at(1).phase, AttemptPhase::kLaunched);
}

TEST(FakeExecutorTest, AScriptThatThrowsRefusesTheStart) {
  FakeExecutor executor({{"fake", 2, 1 << 30, {}}},
                        [](const AttemptLaunch&) -> FakeRun { throw std::runtime_error("no space"); });
  EXPECT_THROW(executor.Start(Launch("a")), std::runtime_error);
  EXPECT_TRUE(executor.Observe().empty());
}

TEST(FakeExecutorTest, WatchersHearOfChangesUntilTheyLeave) {
  FakeExecutor executor;
  int calls = 0;
  auto watch = executor.Watch([&] { ++calls; });
  executor.Start(Launch("a"));
  EXPECT_EQ(calls, 1);
  watch.reset();
  executor.Lose({"a", 1});
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(executor.Observe().at(0).outcome->cause, EndCause::kLostWithSupervisor);
}

TEST(FakeExecutorTest, TellsWhatARunUses) {
  FakeExecutor executor({{"fake", 2, 1 << 30, {}}}, [](const AttemptLaunch&) {
    return FakeRun{.end_after = std::chrono::seconds(2),
                   .log = "one\ntwo\n",
                   .enforcement = "by word",
                   .usage_per_second = {.cpu_us = 500'000, .memory_bytes = 7}};
  });
  executor.Start(Launch("a"));
  std::uint64_t cursor = 0;
  EXPECT_TRUE(executor.ReadUsage({"a", 1}, cursor).empty());
  executor.Advance(std::chrono::seconds(1));
  EXPECT_EQ(executor.ReadUsage({"a", 1}, cursor).size(), 2u);
  executor.Advance(std::chrono::seconds(9));
  const std::vector<UsageSample> rest = executor.ReadUsage({"a", 1}, cursor);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0], (UsageSample{.at_us = 2'000'000, .cpu_us = 1'000'000, .memory_bytes = 7}));
  EXPECT_EQ(executor.Observe()[0].enforcement, "by word");
  EXPECT_EQ(executor.Observe()[0].outcome->log_tail, "one\ntwo\n");
}

}  // namespace
}  // namespace orrery::jobs
