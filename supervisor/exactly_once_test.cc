#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include "supervisor/held_attempt.h"

namespace orrery::supervisor {
namespace {

using jobs::record::Cause;

// Starts a background process in a session of its own, under a parent that is gone, and prints its pid.
constexpr char kEscapee[] =
    "sh -c 'setsid sh -c \"echo \\$\\$ > ../fifo; exec sleep 1000\" > /dev/null 2>&1 &'; ";

TEST(ExactlyOnceTest, OfManySupervisorsOneRunsTheAttempt) {
  HeldAttempt attempt;
  attempt.AddScript("echo ran");
  ASSERT_EQ(attempt.Start(), 0);
  std::vector<pid_t> rivals;
  for (int i = 0; i < 8; ++i) rivals.push_back(attempt.Spawn());
  for (const pid_t rival : rivals) {
    int status = 0;
    waitpid(rival, &status, 0);
    const int code = WEXITSTATUS(status);
    EXPECT_TRUE(code == jobs::record::kAlreadyHeld || code == jobs::record::kAlreadyClaimed) << code;
  }
  EXPECT_EQ(attempt.WaitForOutcome().exit_code, 0);
  EXPECT_EQ(attempt.Log(), "ran\n");
}

TEST(ExactlyOnceTest, RivalsFromTheStartHaveOneWinner) {
  HeldAttempt attempt;
  attempt.AddScript("echo ran");
  std::ofstream(attempt.Path("launch"), std::ios::binary) << jobs::record::Encode(attempt.launch);
  std::vector<pid_t> rivals;
  for (int i = 0; i < 8; ++i) rivals.push_back(attempt.Spawn());
  int winners = 0;
  for (const pid_t rival : rivals) {
    int status = 0;
    waitpid(rival, &status, 0);
    winners += WEXITSTATUS(status) == jobs::record::kClaimed ? 1 : 0;
  }
  EXPECT_EQ(winners, 1);
  attempt.WaitForOutcome();
  EXPECT_EQ(attempt.Log(), "ran\n");
}

TEST(ExactlyOnceTest, AnEndedAttemptIsNotRunAgain) {
  HeldAttempt attempt;
  attempt.AddScript("echo ran");
  attempt.Run();
  EXPECT_EQ(attempt.StartAgain(), jobs::record::kAlreadyClaimed);
  EXPECT_EQ(attempt.Answer(), "already claimed: job\n");
  EXPECT_EQ(attempt.Log(), "ran\n");
  EXPECT_TRUE(attempt.Has("outcome"));
}

TEST(ExactlyOnceTest, AWithdrawnAttemptIsNotRun) {
  HeldAttempt attempt;
  attempt.AddScript("echo ran");
  std::ofstream(attempt.Path("claim")) << jobs::record::Encode(jobs::record::ClaimRecord{1, 42, 0, "", 0});
  EXPECT_EQ(attempt.Start(), jobs::record::kAlreadyClaimed);
  EXPECT_FALSE(attempt.Has("log"));
}

TEST(ExactlyOnceTest, ATornLaunchRecordIsRefusedBeforeTheClaim) {
  HeldAttempt attempt;
  attempt.AddScript("echo ran");
  const std::string whole = jobs::record::Encode(attempt.launch);
  std::ofstream(attempt.Path("launch")) << whole.substr(0, whole.size() - 1);
  EXPECT_EQ(attempt.StartAgain(), jobs::record::kBadLaunchRecord);
  EXPECT_EQ(attempt.Answer(), "bad launch record: torn record: too short\n");
  EXPECT_FALSE(attempt.Has("claim"));
}

TEST(ExactlyOnceTest, NothingOutlivesAnAttemptThatEnded) {
  HeldAttempt attempt;
  // Keeps fd 3 open to the fifo until the test has the pid, then ends by itself.
  attempt.AddScript(std::string(kEscapee) + "read line < ../fifo; echo $line; sleep 1000 & exit 0");
  EXPECT_EQ(attempt.Run().exit_code, 0);
  const pid_t escapee = std::stoi(attempt.Log());
  EXPECT_TRUE(IsGone(escapee));
}

TEST(ExactlyOnceTest, NothingOutlivesAKilledSupervisor) {
  HeldAttempt attempt;
  attempt.AddScript(std::string(kEscapee) + "(sleep 1000; true) & echo $! $$ > ../fifo2; wait");
  mkfifo(attempt.Path("fifo2").c_str(), 0600);
  ASSERT_EQ(attempt.Start(), 0);
  const pid_t escapee = std::stoi(attempt.ReadFifo());
  std::istringstream pids(ReadFile(attempt.Path("fifo2")));
  pid_t worker = 0, leader = 0;
  pids >> worker >> leader;
  ASSERT_FALSE(IsGone(escapee) || IsGone(worker) || IsGone(leader));
  kill(static_cast<pid_t>(attempt.Claim().pid), SIGKILL);
  attempt.WaitUntilGone();
  EXPECT_TRUE(IsGone(escapee));
  EXPECT_TRUE(IsGone(worker));
  EXPECT_TRUE(IsGone(leader));
  EXPECT_FALSE(attempt.Has("outcome"));
}

TEST(ExactlyOnceTest, AKilledGuardLosesNothing) {
  HeldAttempt attempt;
  attempt.AddScript("echo up > ../fifo; read line < ../fifo; exit 4");
  ASSERT_EQ(attempt.Start(), 0);
  attempt.ReadFifo();
  const std::string stat = ReadFile("/proc/" + std::to_string(attempt.Claim().pid) + "/stat");
  const pid_t guard = std::stoi(stat.substr(stat.rfind(')') + 4));
  ASSERT_NE(guard, getpid());
  kill(guard, SIGKILL);
  std::ofstream(attempt.Path("fifo")) << "go on\n";
  EXPECT_EQ(attempt.WaitForOutcome().exit_code, 4);
}

}  // namespace
}  // namespace orrery::supervisor
