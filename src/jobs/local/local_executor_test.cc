#include "jobs/local/local_executor.h"

#include <csignal>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

using testing::HasSubstr;

TEST(LocalExecutorTest, RunsACommandInItsOwnDirectory) {
  TestExecutor executor;
  AttemptLaunch launch = TestExecutor::Launch("pwd; echo $GREETING; exit 3");
  launch.env["GREETING"] = "hello";
  const AttemptOutcome outcome = executor.Run(launch);
  EXPECT_EQ(outcome.cause, EndCause::kExited);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(outcome.started_at_us);
  EXPECT_EQ(executor.Log(launch.id), executor.Path(launch.id, "work") + "\nhello\n");
}

TEST(LocalExecutorTest, PassesNothingOfTheServersEnvironmentBesideItsBase) {
  TestExecutor executor;
  setenv("ORRERY_TOKEN", "secret", 1);
  AttemptLaunch launch = TestExecutor::Launch("env");
  launch.cpus = 1.5;
  executor.Run(launch);
  unsetenv("ORRERY_TOKEN");
  EXPECT_THAT(executor.Log(launch.id), testing::Not(HasSubstr("secret")));
  EXPECT_THAT(executor.Log(launch.id), HasSubstr("OMP_NUM_THREADS=2\n"));
}

TEST(LocalExecutorTest, StartingAgainChangesNothing) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("echo ran");
  executor.Run(launch);
  executor->Start(launch);
  executor->Forget(launch.id);
  EXPECT_FALSE(executor.Seen(launch.id));
  executor->Start(launch);
  EXPECT_EQ(executor.WaitFor(launch.id).outcome->exit_code, 0);
  EXPECT_EQ(executor.Log(launch.id), "ran\n");
}

TEST(LocalExecutorTest, SaysWhyAProgramCannotBeExecuted) {
  TestExecutor executor;
  AttemptLaunch launch = TestExecutor::Launch("");
  launch.command = {"no-such-program"};
  const AttemptOutcome outcome = executor.Run(launch);
  EXPECT_EQ(outcome.cause, EndCause::kLaunchFailed);
  EXPECT_EQ(outcome.message, "cannot execute 'no-such-program': No such file or directory");
}

TEST(LocalExecutorTest, RefusesWhatItCannotLaunchAndLeavesNothing) {
  TestExecutor executor;
  AttemptLaunch launch = TestExecutor::Launch("true");
  launch.id.job_id = "../escape";
  EXPECT_THROW(executor->Start(launch), Error);
  launch = TestExecutor::Launch("true");
  launch.env["A=B"] = "";
  EXPECT_THROW(executor->Start(launch), Error);
  launch = TestExecutor::Launch("true");
  launch.manifest = DigestOf("nobody has this").text();
  EXPECT_THROW(executor->Start(launch), Error);
  EXPECT_FALSE(executor.files.Exists(executor.Path(launch.id, "")));
  EXPECT_TRUE(executor->Observe().empty());
}

TEST(LocalExecutorTest, AsksACommandToEndByTheSignalItWants) {
  TestExecutor executor;
  const std::string pipe = executor.options.data_directory + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  AttemptLaunch launch = TestExecutor::Launch("trap 'echo saved; exit 7' USR1; echo > " + pipe +
                                              "; while true; do sleep 1000 & wait; done");
  launch.checkpoint_signal = SIGUSR1;
  executor->Start(launch);
  std::string line;
  std::getline(std::ifstream(pipe), line);
  executor->Cancel(launch.id);
  const AttemptOutcome outcome = *executor.WaitFor(launch.id).outcome;
  EXPECT_EQ(outcome.cause, EndCause::kCancelled);
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.log_tail, "saved\n");
}

TEST(LocalExecutorTest, TimeoutIsTold) {
  TestExecutor executor;
  AttemptLaunch launch = TestExecutor::Launch("exec sleep 1000");
  launch.timeout = std::chrono::milliseconds(200);
  const AttemptOutcome outcome = executor.Run(launch);
  EXPECT_EQ(outcome.cause, EndCause::kTimeout);
  EXPECT_EQ(outcome.signal, SIGTERM);
  EXPECT_EQ(outcome.message, "ran longer than its timeout of 0.2 s");
}

TEST(LocalExecutorTest, CancelsARunningAttempt) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("exec sleep 1000");
  executor->Start(launch);
  EXPECT_TRUE(executor.WaitFor(launch.id, AttemptPhase::kRunning).supervisor_pid);
  executor->Cancel(launch.id);
  executor->Cancel(launch.id);
  EXPECT_EQ(executor.WaitFor(launch.id).outcome->cause, EndCause::kCancelled);
  executor->Cancel(launch.id);
}

TEST(LocalExecutorTest, ACancelledAttemptThatWasNeverClaimedNeverRuns) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("echo ran");
  executor->Adopt({launch.id});
  EXPECT_EQ(executor.Seen(launch.id)->phase, AttemptPhase::kAbsent);
  executor->Cancel(launch.id);
  EXPECT_EQ(executor.Seen(launch.id)->outcome->cause, EndCause::kCancelled);
  executor.Restart();
  executor->Adopt({launch.id});
  executor->Start(launch);
  EXPECT_EQ(executor.WaitFor(launch.id).outcome->cause, EndCause::kCancelled);
  EXPECT_EQ(executor.Log(launch.id), "no log");
}

TEST(LocalExecutorTest, AdoptsWhatRunsAndWhatEndedMeanwhile) {
  TestExecutor executor;
  const std::string pipe = executor.options.data_directory + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const AttemptLaunch runs = TestExecutor::Launch("read line < " + pipe + "; exit $line", "runs");
  const AttemptLaunch ended = TestExecutor::Launch("exit 4", "ended");
  executor->Start(runs);
  executor.WaitFor(runs.id, AttemptPhase::kRunning);
  executor->Start(ended);
  executor.Restart();
  EXPECT_TRUE(executor->Observe().empty());
  executor->Adopt({runs.id, ended.id, {"never", 1}});
  EXPECT_EQ(executor.Seen(runs.id)->phase, AttemptPhase::kRunning);
  EXPECT_EQ(executor.Seen({"never", 1})->phase, AttemptPhase::kAbsent);
  EXPECT_EQ(executor.WaitFor(ended.id).outcome->exit_code, 4);
  std::ofstream(pipe) << "5\n";
  EXPECT_EQ(executor.WaitFor(runs.id).outcome->exit_code, 5);
}

TEST(LocalExecutorTest, CancelsAnAdoptedAttempt) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("exec sleep 1000");
  executor->Start(launch);
  executor.Restart();
  executor->Adopt({launch.id});
  executor->Cancel(launch.id);
  EXPECT_EQ(executor.WaitFor(launch.id).outcome->cause, EndCause::kCancelled);
}

TEST(LocalExecutorTest, AKilledSupervisorsAttemptIsLost) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("exec sleep 1000");
  executor->Start(launch);
  kill(*executor.WaitFor(launch.id, AttemptPhase::kRunning).supervisor_pid, SIGKILL);
  const AttemptOutcome outcome = *executor.WaitFor(launch.id).outcome;
  EXPECT_EQ(outcome.cause, EndCause::kLostWithSupervisor);
  EXPECT_TRUE(outcome.started_at_us);
}

TEST(LocalExecutorTest, WithItsGuardKilledTooAnAttemptIsStillFoundLost) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("exec sleep 1000");
  executor->Start(launch);
  const int supervisor = *executor.WaitFor(launch.id, AttemptPhase::kRunning).supervisor_pid;
  std::ifstream stream("/proc/" + std::to_string(supervisor) + "/stat");
  std::string line;
  std::getline(stream, line);
  const int guard = std::stoi(line.substr(line.rfind(')') + 4));
  ASSERT_NE(guard, getpid());
  kill(guard, SIGKILL);
  kill(supervisor, SIGKILL);
  EXPECT_EQ(executor.WaitFor(launch.id).outcome->cause, EndCause::kLostWithSupervisor);
}

TEST(LocalExecutorTest, AnAttemptOfAnEarlierBootIsLost) {
  TestExecutor executor;
  const AttemptId id{"job", 1};
  std::filesystem::create_directories(executor.Path(id, ""));
  std::ofstream(executor.Path(id, "claim"))
      << record::Encode(record::ClaimRecord{1, 1, 1, "00000000-0000-0000-0000-000000000000", 1});
  std::ofstream(executor.Path(id, "lock"));
  executor->Adopt({id});
  EXPECT_EQ(executor.Seen(id)->outcome->cause, EndCause::kLostInReboot);
}

TEST(LocalExecutorTest, AnAttemptThatWasLaidOutButNotClaimedIsStartedAfresh) {
  TestExecutor executor;
  AttemptLaunch launch = TestExecutor::Launch("ls; cat new");
  std::filesystem::create_directories(executor.Path(launch.id, "work/left-over"));
  launch.manifest =
      executor.code
          .Put(
              content::Manifest::Of({executor.code.Entry("new", content::EntryMode::kFile, "code\n")}).Text())
          .text();
  executor->Adopt({launch.id});
  EXPECT_EQ(executor.Seen(launch.id)->phase, AttemptPhase::kAbsent);
  EXPECT_EQ(executor.Run(launch).exit_code, 0);
  EXPECT_EQ(executor.Log(launch.id), "new\ncode\n");
}

TEST(LocalExecutorTest, AServerThatDiedWhileItClearedAnAttemptHasNotCancelledIt) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("exit 3");
  AttemptLaunch cancelled = launch;
  cancelled.id.job_id = "cancelled";
  record::ClaimRecord cleared;
  cleared.pid = record::ClaimRecord::kCleared;
  for (const AttemptId& id : {launch.id, cancelled.id}) {
    std::filesystem::create_directories(executor.Path(id, ""));
    std::ofstream(executor.Path(id, "claim")) << record::Encode(cleared);
  }
  executor->Adopt({launch.id, cancelled.id});
  EXPECT_EQ(executor.Seen(launch.id)->phase, AttemptPhase::kAbsent);
  EXPECT_EQ(executor.Run(launch).exit_code, 3);
  executor->Cancel(cancelled.id);
  EXPECT_EQ(executor.Run(cancelled).cause, EndCause::kCancelled);
}

TEST(LocalExecutorTest, NothingOfAnAttemptIsClearedWhileASupervisorMayBeAboutToClaim) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("exit 3");
  std::filesystem::create_directories(executor.Path(launch.id, ""));
  std::ofstream(executor.Path(launch.id, "launch")) << "read already";
  const int lock = open(executor.Path(launch.id, "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  ASSERT_EQ(fcntl(lock, F_OFD_SETLK, &whole), 0);
  std::thread start([&] { executor->Start(launch); });
  while (std::filesystem::exists(executor.Path(launch.id, "launch"))) std::this_thread::yield();
  // This is what the late supervisor would find.
  EXPECT_TRUE(std::filesystem::exists(executor.Path(launch.id, "claim")));
  close(lock);
  start.join();
  EXPECT_EQ(executor.WaitFor(launch.id).outcome->exit_code, 3);
}

TEST(LocalExecutorTest, AClaimThatWasNeverWrittenIsNone) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("exit 3");
  std::filesystem::create_directories(executor.Path(launch.id, ""));
  std::ofstream(executor.Path(launch.id, "claim")) << "";
  executor->Adopt({launch.id});
  EXPECT_EQ(executor.Seen(launch.id)->phase, AttemptPhase::kAbsent);
  EXPECT_EQ(executor.Run(launch).exit_code, 3);
}

TEST(LocalExecutorTest, AnOutcomeUnderItsReservedNameCounts) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("exit 6");
  executor.Run(launch);
  executor.Stop();
  std::filesystem::rename(executor.Path(launch.id, "outcome"), executor.Path(launch.id, "outcome.reserved"));
  executor.Restart();
  executor->Adopt({launch.id});
  EXPECT_EQ(executor.WaitFor(launch.id).outcome->exit_code, 6);
}

TEST(LocalExecutorTest, ALogIsReadByRangeAndWatched) {
  TestExecutor executor;
  const std::string pipe = executor.options.data_directory + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const AttemptLaunch launch = TestExecutor::Launch("read line < " + pipe + "; echo $line; exec sleep 1000");
  executor->Start(launch);
  executor.WaitFor(launch.id, AttemptPhase::kRunning);
  const auto log = executor->OpenLog(launch.id);
  EXPECT_EQ(log->Size(), 0u);
  std::mutex mutex;
  std::condition_variable grew;
  int calls = 0;
  auto subscription = executor->WatchLog(launch.id, [&] {
    const std::scoped_lock lock(mutex);
    ++calls;
    grew.notify_all();
  });
  auto another = executor->WatchLog(launch.id, [] {});
  another.reset();
  std::ofstream(pipe) << "some words\n";
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(grew.wait_for(lock, std::chrono::seconds(60),
                              [&] { return calls > 0 && log->Size() == 11; }));  // it tells of phases too
  }
  EXPECT_EQ(log->Read(5, 5).bytes, "words");
  EXPECT_EQ(log->Read(100, 5).bytes, "");
  executor->Cancel(launch.id);
  executor.WaitFor(launch.id);
}

TEST(LocalExecutorTest, GivesDevicesOfTheTypeThatWasAskedFor) {
  TestExecutor executor({{"GPU-1", "A100"}, {"GPU-2", "H100"}, {"GPU-3", "H100"}});
  AttemptLaunch launch = TestExecutor::Launch("echo $CUDA_VISIBLE_DEVICES $NVIDIA_VISIBLE_DEVICES");
  launch.gpus = 2;
  launch.gpu_type = "H100";
  executor.Run(launch);
  EXPECT_EQ(executor.Log(launch.id), "GPU-2,GPU-3 GPU-2,GPU-3\n");
}

TEST(LocalExecutorTest, ReadsTheGpusOfAttemptsThatRun) {
  const auto nvml = Nvml::Load(NVML_STUB);
  TestExecutor executor({{"MIG-bbbb", "H100"}, {"gone", "H100"}, {"GPU-0000", "H100"}});
  executor.options.nvml = nvml.get();
  executor.Restart();
  AttemptLaunch launch = TestExecutor::Launch("exec sleep 1000");
  launch.gpus = 3;
  EXPECT_TRUE(executor->ReadGpus().empty());
  executor->Start(launch);
  executor.WaitFor(launch.id, AttemptPhase::kRunning);
  const auto readings = executor->ReadGpus();
  ASSERT_EQ(readings.size(), 1u);
  const std::vector<GpuReading>& gpus = readings.at(launch.id);
  ASSERT_EQ(gpus.size(), 3u);
  EXPECT_EQ(gpus[0].memory_used_bytes, 1LL << 30);
  EXPECT_EQ(gpus[1], GpuReading{.id = "gone"});
  EXPECT_EQ(gpus[2].utilization, 0.37);
  executor->Cancel(launch.id);
  executor.WaitFor(launch.id);
  EXPECT_TRUE(executor->ReadGpus().empty());
}

TEST(LocalExecutorTest, GivesEachAttemptDevicesOfItsOwnAndKeepsThemOverARestart) {
  TestExecutor executor({{"0"}, {"1"}, {"2"}});
  AttemptLaunch two = TestExecutor::Launch("echo devices $CUDA_VISIBLE_DEVICES; exec sleep 1000", "two");
  two.gpus = 2;
  executor->Start(two);
  executor.Restart();
  executor->Adopt({two.id});
  AttemptLaunch more = two;
  more.id.job_id = "more";
  EXPECT_THROW(executor->Start(more), Error);
  AttemptLaunch one = TestExecutor::Launch("echo devices $CUDA_VISIBLE_DEVICES", "one");
  one.gpus = 1;
  executor.Run(one);
  EXPECT_EQ(executor.Log(one.id), "devices 2\n");
  AttemptLaunch none = TestExecutor::Launch("echo devices $CUDA_VISIBLE_DEVICES", "none");
  executor.Run(none);
  EXPECT_EQ(executor.Log(none.id), "devices\n");
  executor->Cancel(two.id);
  executor.WaitFor(two.id);
  more.command = {"sh", "-c", "echo devices $CUDA_VISIBLE_DEVICES"};
  executor.Run(more);
  EXPECT_EQ(executor.Log(more.id), "devices 0,1\n");
  EXPECT_EQ(executor.Log(two.id), "devices 0,1\n");
}

}  // namespace
}  // namespace orrery::jobs::local
