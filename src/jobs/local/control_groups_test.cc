#include "jobs/local/control_groups.h"

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobs/local/kernel_files.h"
#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A folder that looks like mounted control groups.
class GroupPlacesTest : public testing::Test {
 protected:
  GroupPlacesTest() {
    std::string path = std::filesystem::temp_directory_path().string() + "/groups.XXXXXX";
    if (!mkdtemp(path.data())) std::abort();
    root_ = path;
  }
  ~GroupPlacesTest() override { std::filesystem::remove_all(root_); }

  std::string MakeGroup(const std::string& name) {
    std::filesystem::create_directories(root_ + name);
    return root_ + name;
  }
  std::string Mount(const std::string& root, const std::string& point, const std::string& type,
                    const std::string& options) {
    return "30 20 0:29 " + root + " " + root_ + point + " rw,relatime shared:1 - " + type + " cgroup " +
           options + "\n";
  }

  PosixFileSystem files_;
  std::string root_;
};

TEST_F(GroupPlacesTest, VersionOneHasAPlaceForEachHierarchy) {
  MakeGroup("/memory/mine");
  MakeGroup("/cpu,cpuacct");
  const auto places = FindGroupPlaces(
      files_, "4:memory:/mine\n2:cpu,cpuacct:/\n3:pids:/elsewhere\n9:name=systemd:/\n0::/\n",
      Mount("/", "/memory", "cgroup", "rw,memory") + Mount("/", "/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct") +
          Mount("/", "/pids", "cgroup", "rw,pids") + Mount("/", "/systemd", "cgroup", "rw,name=systemd"));
  EXPECT_THAT(places, ElementsAre(GroupPlace{1, root_ + "/memory/mine", {"memory"}},
                                  GroupPlace{1, root_ + "/cpu,cpuacct", {"cpu", "cpuacct"}}));
}

TEST_F(GroupPlacesTest, AMountOfAPartShowsOnlyThat) {
  MakeGroup("/memory");
  const std::string mount = Mount("/docker/1", "/memory", "cgroup", "rw,memory");
  EXPECT_THAT(FindGroupPlaces(files_, "4:memory:/docker/1\n", mount),
              ElementsAre(GroupPlace{1, root_ + "/memory", {"memory"}}));
  EXPECT_THAT(FindGroupPlaces(files_, "4:memory:/docker/12\n", mount), IsEmpty());
}

TEST_F(GroupPlacesTest, VersionTwoEnablesWhatItIsOffered) {
  const std::string own = MakeGroup("/unified/orrery.service");
  std::ofstream(own + "/cgroup.controllers") << "cpuset cpu io memory hugetlb pids\n";
  std::ofstream(own + "/cgroup.subtree_control");
  const std::string mount = Mount("/", "/unified", "cgroup2", "rw");
  const GroupPlace expected{2, own, {"memory", "cpu", "pids"}};
  EXPECT_THAT(FindGroupPlaces(files_, "0::/orrery.service\n", mount), ElementsAre(expected));
  // A server that is restarted in the group that it made for itself.
  MakeGroup("/unified/orrery.service/orrery-server");
  EXPECT_THAT(FindGroupPlaces(files_, "0::/orrery.service/orrery-server\n", mount), ElementsAre(expected));
}

TEST_F(GroupPlacesTest, VersionTwoMakesRoomWhenItIsAloneAndElseOnlyHoldsProcessesTogether) {
  const std::string own = MakeGroup("/unified");
  std::ofstream(own + "/cgroup.controllers") << "memory\n";
  const std::string mount = Mount("/", "/unified", "cgroup2", "rw");
  std::ofstream(own + "/cgroup.procs") << "1\n" << getpid() << "\n";
  EXPECT_THAT(FindGroupPlaces(files_, "0::/\n", mount), ElementsAre(GroupPlace{2, own, {}}));
  EXPECT_FALSE(files_.Exists(own + "/orrery-server"));
  std::ofstream(own + "/cgroup.procs") << getpid() << "\n";
  MakeGroup("/unified/orrery-server");
  std::ofstream(own + "/orrery-server/cgroup.procs");
  FindGroupPlaces(files_, "0::/\n", mount);
  EXPECT_EQ(ReadKernelFile(files_, own + "/orrery-server/cgroup.procs"), std::to_string(getpid()));
}

TEST(ControlGroupsTest, SettingsAreThoseOfTheVersion) {
  const ControlGroups first({{1, "/m", {"memory"}}, {1, "/c", {"cpu", "cpuacct"}}, {1, "/p", {"pids"}}},
                            "/data");
  const auto groups = first.For({"job", 2}, 1.5, 64 << 20);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_THAT(groups[0].directory, testing::MatchesRegex("/m/orrery-[0-9a-f]+-job\\.2"));
  EXPECT_THAT(groups[0].settings, ElementsAre("memory memory.limit_in_bytes 67108864",
                                              "?memory memory.memsw.limit_in_bytes 67108864"));
  EXPECT_THAT(groups[1].settings, ElementsAre("?cpu cpu.shares 1536", "cpu cpu.cfs_period_us 100000",
                                              "cpu cpu.cfs_quota_us 150000"));
  EXPECT_THAT(groups[2].settings, ElementsAre("pids pids.max 5120"));

  const ControlGroups second({{2, "/g", {"memory", "cpu", "pids"}}}, "/data");
  EXPECT_THAT(second.For({"job", 1}, 0.001, 1 << 20)[0].settings,
              ElementsAre("memory memory.max 1048576", "?memory memory.swap.max 0", "?cpu cpu.weight 1",
                          "cpu cpu.max 1000 1000000", "pids pids.max 4608"));
}

bool CanLimit(const TestExecutor& executor, const std::string& controller) {
  return std::ranges::any_of(executor.options.groups.places(), [&](const GroupPlace& place) {
    return std::ranges::find(place.controllers, controller) != place.controllers.end();
  });
}

/// The groups of attempts that are there now.
std::vector<std::string> Left(TestExecutor& executor, const AttemptId& id) {
  std::vector<std::string> left;
  for (const record::Group& group : executor.options.groups.For(id, 1, 1 << 20)) {
    if (executor.real_files.Exists(group.directory)) left.push_back(group.directory);
  }
  return left;
}

TEST(LocalLimitsTest, MoreMemoryThanAskedForEndsAnAttemptAndTheOutcomeSaysSo) {
  TestExecutor executor;
  if (!CanLimit(executor, "memory")) GTEST_SKIP() << "no control group for memory can be made here";
  AttemptLaunch launch = TestExecutor::Launch("exec tail /dev/zero");
  launch.memory_bytes = 64 << 20;
  executor->Start(launch);
  const AttemptObservation seen = executor.WaitFor(launch.id);
  EXPECT_EQ(seen.outcome->cause, EndCause::kOutOfMemory);
  EXPECT_EQ(seen.outcome->signal, SIGKILL);
  EXPECT_EQ(seen.outcome->message, "it asked for 64 MiB");
  EXPECT_THAT(Left(executor, launch.id), IsEmpty());
}

TEST(LocalLimitsTest, WhatHoldsAnAttemptIsObserved) {
  TestExecutor executor;
  const AttemptLaunch launch = TestExecutor::Launch("exec sleep 1000");
  executor->Start(launch);
  const std::string enforced = executor.WaitFor(launch.id, AttemptPhase::kRunning).enforcement;
  EXPECT_THAT(enforced, HasSubstr(CanLimit(executor, "memory") ? "memory" : "rlimit: data of each process"));
  executor->Cancel(launch.id);
  executor.WaitFor(launch.id);
  EXPECT_THAT(Left(executor, launch.id), IsEmpty());
}

TEST(LocalLimitsTest, WithoutGroupsEachProcessIsLimitedByItself) {
  TestExecutor executor;
  executor.options.groups = {};
  executor.Restart();
  AttemptLaunch launch = TestExecutor::Launch("ulimit -d");
  launch.memory_bytes = 64 << 20;
  executor->Start(launch);
  EXPECT_EQ(executor.WaitFor(launch.id).enforcement, "rlimit: data of each process");
  EXPECT_EQ(executor.Log(launch.id), "131072\n");
}

/// Starts an attempt with a daemon in a session of its own, kills its supervisor and the supervisor's guard at once, and
/// returns the daemon, which nobody but its control group holds.
pid_t OrphanADaemon(TestExecutor& executor, const AttemptLaunch& launch, const std::string& pipe) {
  executor->Start(launch);
  pid_t daemon = 0;
  std::ifstream(pipe) >> daemon;
  const int supervisor = *executor.WaitFor(launch.id, AttemptPhase::kRunning).supervisor_pid;
  std::ifstream stream("/proc/" + std::to_string(supervisor) + "/stat");
  std::string line;
  std::getline(stream, line);
  kill(std::stoi(line.substr(line.rfind(')') + 4)), SIGKILL);
  kill(supervisor, SIGKILL);
  return daemon;
}

bool Runs(pid_t process) {
  std::ifstream stream("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  return std::getline(stream, line) && line.find(") Z") == std::string::npos;
}

TEST(LocalLimitsTest, WithSupervisorAndGuardKilledADaemonIsKilledByItsGroup) {
  TestExecutor executor;
  if (executor.options.groups.places().empty()) GTEST_SKIP() << "no control group can be made here";
  const std::string pipe = executor.options.data_directory + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const AttemptLaunch launch =
      TestExecutor::Launch("setsid sh -c 'echo $$ > " + pipe + "; exec sleep 1000' & exec sleep 1000");
  const pid_t daemon = OrphanADaemon(executor, launch, pipe);
  EXPECT_EQ(executor.WaitFor(launch.id).outcome->cause, EndCause::kLostWithSupervisor);
  EXPECT_FALSE(Runs(daemon));
  EXPECT_THAT(Left(executor, launch.id), IsEmpty());
}

TEST(LocalLimitsTest, AServerSweepsTheGroupsOfAttemptsThatEndedWhileItWasAway) {
  TestExecutor executor;
  if (executor.options.groups.places().empty()) GTEST_SKIP() << "no control group can be made here";
  const std::string pipe = executor.options.data_directory + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const AttemptLaunch lost = TestExecutor::Launch(
      "setsid sh -c 'echo $$ > " + pipe + "; exec sleep 1000' & exec sleep 1000", "lost");
  const AttemptLaunch lives = TestExecutor::Launch("exec sleep 1000", "lives");
  executor->Start(lives);
  executor.WaitFor(lives.id, AttemptPhase::kRunning);
  const pid_t daemon = OrphanADaemon(executor, lost, pipe);
  executor.Restart();
  executor->Adopt({lives.id, lost.id});
  executor.WaitFor(lost.id);
  EXPECT_FALSE(Runs(daemon));
  EXPECT_THAT(Left(executor, lost.id), IsEmpty());
  EXPECT_EQ(executor.Seen(lives.id)->phase, AttemptPhase::kRunning);
  EXPECT_THAT(Left(executor, lives.id), testing::Not(IsEmpty()));
  executor->Cancel(lives.id);
  executor.WaitFor(lives.id);
}

}  // namespace
}  // namespace orrery::jobs::local
