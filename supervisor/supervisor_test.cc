#include <csignal>
#include <string>

#include <sched.h>

#include "supervisor/held_attempt.h"

namespace orrery::supervisor {
namespace {

using jobs::record::Cause;
using jobs::record::OutcomeRecord;

TEST(SupervisorTest, RecordsClaimStartAndExitCode) {
  HeldAttempt attempt;
  attempt.AddScript("echo out; echo err >&2; exit 7");
  const OutcomeRecord outcome = attempt.Run();
  EXPECT_EQ(outcome.cause, Cause::kExited);
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_FALSE(outcome.signal);
  EXPECT_GT(outcome.max_rss_bytes, 0);
  EXPECT_EQ(attempt.Log(), "out\nerr\n");
  EXPECT_EQ(attempt.Claim().token, 42);
  EXPECT_GT(attempt.Claim().start_ticks, 0);
  EXPECT_EQ(attempt.Claim().boot_id.size(), 36u);
  const auto started = jobs::record::DecodeStarted(ReadFile(attempt.Path("started"))).record;
  ASSERT_TRUE(started);
  EXPECT_EQ(outcome.started_at_us, started->started_at_us);
  EXPECT_GE(outcome.ended_at_us, started->started_at_us);
}

TEST(SupervisorTest, RecordsTheSignalThatKilledAProgram) {
  HeldAttempt attempt;
  attempt.AddScript("kill -SEGV $$");
  const OutcomeRecord outcome = attempt.Run();
  EXPECT_EQ(outcome.cause, Cause::kSignalled);
  EXPECT_EQ(outcome.signal, SIGSEGV);
  EXPECT_FALSE(outcome.exit_code);
}

TEST(SupervisorTest, GivesAProgramExactlyItsEnvironmentDirectoryAndAnEmptyInput) {
  HeldAttempt attempt;
  attempt.AddScript("cat; pwd; env | grep -v ^PWD= | grep -v ^_= | sort");
  attempt.launch.steps[0].env = {"PATH=/usr/bin:/bin", "B=two words", "A="};
  attempt.Run();
  EXPECT_EQ(attempt.Log(), attempt.Path("work") + "\nA=\nB=two words\nPATH=/usr/bin:/bin\n");
}

TEST(SupervisorTest, LooksProgramsUpInTheStepsOwnPath) {
  HeldAttempt attempt;
  std::filesystem::create_directory(attempt.Path("bin"));
  std::filesystem::create_symlink("/bin/echo", attempt.Path("bin/only-here"));
  attempt.AddStep({"only-here", "found"});
  attempt.launch.steps[0].env = {"PATH=" + attempt.Path("bin")};
  attempt.Run();
  EXPECT_EQ(attempt.Log(), "found\n");
}

TEST(SupervisorTest, PinsAProgramToItsCpusAndSaysSo) {
  cpu_set_t own;
  ASSERT_EQ(sched_getaffinity(0, sizeof own, &own), 0);
  std::string cpu = "0";
  while (!CPU_ISSET(std::stoul(cpu), &own)) cpu = std::to_string(std::stoi(cpu) + 1);
  HeldAttempt attempt;
  attempt.AddScript("grep Cpus_allowed_list /proc/self/status");
  attempt.launch.cpus = {cpu};
  EXPECT_EQ(attempt.Run().exit_code, 0);
  EXPECT_EQ(attempt.Log(), "Cpus_allowed_list:\t" + cpu + "\n");
  const auto started = jobs::record::DecodeStarted(ReadFile(attempt.Path("started"))).record;
  ASSERT_TRUE(started);
  EXPECT_EQ(started->enforcement, "cpus " + cpu);

  HeldAttempt nowhere;
  nowhere.AddScript("true");
  nowhere.launch.cpus = {"1023"};
  EXPECT_EQ(nowhere.Run().exit_code, 0);
  EXPECT_EQ(jobs::record::DecodeStarted(ReadFile(nowhere.Path("started"))).record.value().enforcement, "");
}

TEST(SupervisorTest, KeepsBinaryOutputAsItIs) {
  HeldAttempt attempt;
  attempt.AddScript("head -c 100000 /dev/zero; printf '\\377\\000\\r\\n'");
  attempt.Run();
  EXPECT_EQ(attempt.Log(), std::string(100000, '\0') + std::string("\377\0\r\n", 4));
}

TEST(SupervisorTest, AProgramMayCloseItsOutput) {
  HeldAttempt attempt;
  attempt.AddScript("echo before; exec >&- 2>&-; exit 0");
  EXPECT_EQ(attempt.Run().exit_code, 0);
  EXPECT_EQ(attempt.Log(), "before\n");
}

TEST(SupervisorTest, SaysWhyAProgramCannotBeExecuted) {
  HeldAttempt missing;
  missing.AddStep({"no-such-program"});
  const OutcomeRecord outcome = missing.Run();
  EXPECT_EQ(outcome.cause, Cause::kLaunchFailed);
  EXPECT_EQ(outcome.message, "cannot execute 'no-such-program': No such file or directory");
  EXPECT_FALSE(outcome.started_at_us);
  EXPECT_FALSE(missing.Has("started"));

  HeldAttempt forbidden;
  forbidden.AddStep({"/etc/passwd"});
  EXPECT_EQ(forbidden.Run().message, "cannot execute '/etc/passwd': Permission denied");

  HeldAttempt astray;
  astray.AddScript("true");
  astray.launch.steps[0].cwd = "/no/such/directory";
  EXPECT_EQ(astray.Run().message,
            "cannot enter the working directory '/no/such/directory': No such file or directory");
}

TEST(SupervisorTest, RunsStepsInOrderAndStopsAtTheFirstThatFails) {
  HeldAttempt good;
  good.AddScript("echo prepared", "prepare environment");
  good.AddScript("echo ran");
  EXPECT_EQ(good.Run().step, 1);
  EXPECT_EQ(good.Log(), "prepared\nran\n");

  HeldAttempt bad;
  bad.AddScript("echo no such package; exit 2", "prepare environment");
  bad.AddScript("echo ran");
  const OutcomeRecord outcome = bad.Run();
  EXPECT_EQ(outcome.step, 0);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_FALSE(outcome.started_at_us);
  EXPECT_FALSE(bad.Has("started"));
  EXPECT_EQ(bad.Log(), "no such package\n");
}

TEST(SupervisorTest, EndsAProgramThatRunsTooLong) {
  HeldAttempt attempt;
  attempt.AddScript("trap 'echo saved; exit 3' TERM; sleep 1000 & wait");
  attempt.launch.steps[0].timeout_ms = 200;
  const OutcomeRecord outcome = attempt.Run();
  EXPECT_EQ(outcome.cause, Cause::kTimeout);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(attempt.Log(), "saved\n");
}

TEST(SupervisorTest, KillsAProgramThatOutlastsItsGrace) {
  HeldAttempt attempt;
  attempt.AddScript("trap '' TERM; echo up > ../fifo; while :; do sleep 1; done");
  attempt.launch.grace_ms = 100;
  ASSERT_EQ(attempt.Start(), 0);
  attempt.ReadFifo();
  kill(static_cast<pid_t>(attempt.Claim().pid), SIGUSR1);
  const OutcomeRecord outcome = attempt.WaitForOutcome();
  EXPECT_EQ(outcome.cause, Cause::kCancelled);
  EXPECT_EQ(outcome.signal, SIGKILL);
}

TEST(SupervisorTest, CancelLetsTheWholeGroupFinishWithinItsGrace) {
  HeldAttempt attempt;
  // The leader dies of SIGTERM at once; the worker needs a moment to save.
  attempt.AddScript(
      "exec 2> /dev/null; (trap 'sleep 0.2; echo saved; exit 0' TERM; echo up > ../fifo; while :; do sleep "
      "0.05; done) & wait");
  ASSERT_EQ(attempt.Start(), 0);
  attempt.ReadFifo();
  kill(static_cast<pid_t>(attempt.Claim().pid), SIGUSR1);
  const OutcomeRecord outcome = attempt.WaitForOutcome();
  EXPECT_EQ(outcome.cause, Cause::kCancelled);
  EXPECT_EQ(outcome.signal, SIGTERM);
  EXPECT_EQ(attempt.Log(), "saved\n");
}

TEST(SupervisorTest, ACancelledPreparationKeepsTheMainStepFromRunning) {
  HeldAttempt attempt;
  attempt.AddScript("exec 2> /dev/null; trap 'exit 0' TERM; echo up > ../fifo; while :; do sleep 0.05; done",
                    "prepare environment");
  attempt.AddScript("echo ran");
  ASSERT_EQ(attempt.Start(), 0);
  attempt.ReadFifo();
  kill(static_cast<pid_t>(attempt.Claim().pid), SIGUSR1);
  const OutcomeRecord outcome = attempt.WaitForOutcome();
  EXPECT_EQ(outcome.cause, Cause::kCancelled);
  EXPECT_EQ(outcome.step, 0);
  EXPECT_EQ(attempt.Log(), "");
}

TEST(SupervisorTest, ToldToEndItEndsTheAttemptAndSaysSo) {
  HeldAttempt attempt;
  attempt.AddScript("echo up > ../fifo; exec sleep 1000");
  ASSERT_EQ(attempt.Start(), 0);
  attempt.ReadFifo();
  kill(static_cast<pid_t>(attempt.Claim().pid), SIGTERM);
  EXPECT_EQ(attempt.WaitForOutcome().cause, Cause::kTerminated);
}

TEST(SupervisorTest, LimitsTheMemoryOfAProgram) {
  HeldAttempt attempt;
  attempt.AddScript("ulimit -d");
  attempt.launch.memory_limit_bytes = 512 << 20;
  attempt.Run();
  EXPECT_EQ(attempt.Log(), std::to_string(512 << 10) + "\n");
}

TEST(SupervisorTest, HoldsAnAttemptInLittleMemory) {
  HeldAttempt attempt;
  attempt.AddScript("echo up > ../fifo; exec sleep 1000");
  ASSERT_EQ(attempt.Start(), 0);
  attempt.ReadFifo();
  const pid_t pid = static_cast<pid_t>(attempt.Claim().pid);
  const std::string status = ReadFile("/proc/" + std::to_string(pid) + "/status");
  EXPECT_LT(std::stol(status.substr(status.find("VmRSS:") + 6)), 2048) << status;
  kill(pid, SIGUSR1);
  attempt.WaitUntilGone();
}

}  // namespace
}  // namespace orrery::supervisor
