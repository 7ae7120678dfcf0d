#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

constexpr int kAttempts = 6;

AttemptLaunch LaunchOf(int round, int i) {
  const std::string name = "r" + std::to_string(round) + "-" + std::to_string(i);
  return TestExecutor::Launch("echo ran >> ../../../../" + name + "; exit 3", name);
}

/// What a server does after it was started: takes up what it knows of, and starts what is not on its way.
void Serve(LocalExecutor& executor, int round) {
  std::vector<AttemptId> known;
  for (int i = 0; i < kAttempts; ++i) known.push_back(LaunchOf(round, i).id);
  executor.Adopt(known);
  for (int i = 0; i < kAttempts; ++i) executor.Start(LaunchOf(round, i));
}

TEST(LocalCrashTest, KilledAtAnyMomentAServerRunsNoAttemptTwiceAndLosesNone) {
  constexpr int kRounds = 12;
  TestExecutor executor;
  for (int round = 0; round < kRounds; ++round) {
    for (int crash = 0; crash < 2; ++crash) {
      executor.Stop();
      const pid_t server = fork();
      if (server == 0) {
        LocalExecutor victim(executor.options, executor.files, executor.processes, executor.clock,
                             executor.code);
        Serve(victim, round);
        while (true) pause();
      }
      // Moments spread over what laying out and starting the attempts takes; which of them is hit does not matter.
      std::this_thread::sleep_for(std::chrono::milliseconds(2 + 7 * round));
      kill(server, SIGKILL);
      waitpid(server, nullptr, 0);
    }
    executor.Restart();
    Serve(*executor, round);
    for (int i = 0; i < kAttempts; ++i) {
      const AttemptId id = LaunchOf(round, i).id;
      const AttemptOutcome outcome = *executor.WaitFor(id).outcome;
      EXPECT_EQ(outcome.exit_code, 3) << Name(outcome.cause) << ": " << outcome.message;
      std::ifstream marker(executor.options.data_directory + "/" + id.job_id);
      EXPECT_EQ(std::count(std::istreambuf_iterator<char>(marker), {}, '\n'), 1) << id.job_id;
    }
  }
}

}  // namespace
}  // namespace orrery::jobs::local
