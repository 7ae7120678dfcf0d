#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/vfs.h>

#include "supervisor/control_groups.h"
#include "supervisor/held_attempt.h"
#include "supervisor/held_groups.h"
#include "supervisor/usage_sampler.h"

namespace orrery::supervisor {
namespace {

using jobs::record::OutcomeRecord;

struct Sample {
  std::int64_t at_us, cpu_us, memory_bytes, read_bytes, write_bytes, rx_bytes, tx_bytes;
};

std::vector<Sample> Parse(const std::string& text) {
  std::vector<Sample> samples;
  std::istringstream lines(text);
  for (Sample one = {}; lines >> one.at_us >> one.cpu_us >> one.memory_bytes >> one.read_bytes >>
                        one.write_bytes >> one.rx_bytes >> one.tx_bytes;) {
    samples.push_back(one);
  }
  EXPECT_TRUE(lines.eof());
  return samples;
}

std::vector<Sample> Samples(const HeldAttempt& attempt) {
  return Parse(ReadFile(attempt.Path("usage")));
}

std::string ParentGroup(const std::string& directory) {
  return directory.substr(0, directory.rfind('/'));
}

/// A process that holds 32 MiB, and a child of its own that does too, until this object goes.
class MemoryHolders {
 public:
  MemoryHolders() {
    int ready[2];
    if (pipe(ready) != 0 || pipe(stop_) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      close(stop_[1]);
      fork();
      Hold(ready[1], stop_[0]);
    }
    char words[2];
    for (ssize_t got = 0; got < 2;) got += read(ready[0], words, 2);
    close(ready[0]);
    close(ready[1]);
  }
  MemoryHolders(const MemoryHolders&) = delete;
  ~MemoryHolders() {
    close(stop_[1]);
    close(stop_[0]);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] static void Hold(int ready, int stop) {
    const std::vector<char> held(32 << 20, 1);
    char word = held[4711];
    if (write(ready, &word, 1) != 1) std::abort();
    [[maybe_unused]] const ssize_t ended = read(stop, &word, 1);
    while (waitpid(-1, nullptr, 0) > 0) {
    }
    _exit(0);
  }
  int stop_[2];
  pid_t pid_ = 0;
};

/// Waits for the first sample of what `groups`, or else all descendants, use.
Sample FirstSample(const ControlGroups& groups) {
  char path[] = "/tmp/usage.XXXXXX";
  UsageSampler sampler(groups, Descriptor(mkstemp(path)));
  pollfd due = {sampler.timer(), POLLIN, 0};
  EXPECT_EQ(poll(&due, 1, 60'000), 1);
  sampler.TakeDue();
  const std::vector<Sample> samples = Parse(ReadFile(path));
  std::filesystem::remove(path);
  EXPECT_EQ(samples.size(), 1u);
  return samples.empty() ? Sample() : samples[0];
}

TEST(UsageTest, AnAttemptThatEndsAtOnceHasOneSampleOfAllThatItUsed) {
  HeldAttempt attempt;
  attempt.AddScript("i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done");
  const OutcomeRecord outcome = attempt.Run();
  const std::vector<Sample> samples = Samples(attempt);
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_GE(samples[0].cpu_us, outcome.user_cpu_us + outcome.system_cpu_us);
  EXPECT_GE(samples[0].at_us, outcome.started_at_us);
  EXPECT_EQ(samples[0].memory_bytes, 0) << "nothing runs any more";
}

TEST(UsageTest, SumsTheMemoryOfAllDescendantsWhereNoGroupCountsIt) {
  const MemoryHolders holders;
  const std::vector<jobs::record::Group> no_groups;
  const ControlGroups none(no_groups);
  const Sample sample = FirstSample(none);
  EXPECT_GE(sample.memory_bytes, 64 << 20);
  EXPECT_LT(sample.memory_bytes, 1 << 30) << "each holds what a sanitizer takes, too";
  EXPECT_GT(sample.at_us, 0);
}

TEST(UsageTest, SamplesARunningAttempt) {
  HeldAttempt attempt;
  attempt.AddScript("until [ -s ../usage ]; do sleep 0.02; done");
  EXPECT_EQ(attempt.Run().exit_code, 0);
  const std::vector<Sample> samples = Samples(attempt);
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_GE(samples[1].cpu_us, samples[0].cpu_us);
  EXPECT_GT(samples[1].at_us, samples[0].at_us);
}

TEST(UsageTest, CountsWhatWasWrittenToDisksByProcessesThatEndedToo) {
  HeldAttempt attempt;
  struct statfs where = {};
  constexpr long kTmpfs = 0x01021994;
  if (statfs(attempt.Path("work").c_str(), &where) != 0 || where.f_type == kTmpfs)
    GTEST_SKIP() << "no disk below the temporary folder";
  if (ReadFile("/proc/self/io").empty()) GTEST_SKIP() << "this kernel does not count it";
  attempt.AddScript("dd if=/dev/zero of=data bs=1M count=4 conv=fsync 2> /dev/null; exit 0");
  attempt.Run();
  ASSERT_FALSE(Samples(attempt).empty());
  EXPECT_GE(Samples(attempt).back().write_bytes, 4 << 20);
  EXPECT_LT(Samples(attempt).back().write_bytes, 8 << 20);
}

TEST(UsageTest, ControlGroupsKnowTheTimeAndTheMemoryOfAll) {
  const HeldGroups held({"cpuacct", "memory"});
  if (held.groups.size() != 2) GTEST_SKIP() << "no control groups can be made here";
  ControlGroups groups(held.groups);
  groups.Make();
  {
    const MemoryHolders holders;
    EXPECT_LT(FirstSample(groups).memory_bytes, 32 << 20) << "not in the group yet";
  }
  // Memory is charged to the group that a process is in when it first touches it.
  groups.Enter(getpid());
  {
    const MemoryHolders holders;
    const Sample sample = FirstSample(groups);
    EXPECT_GE(sample.memory_bytes, 64 << 20);
    EXPECT_GT(sample.cpu_us, 0);
  }
  for (const auto& group : held.groups) {
    std::ofstream(ParentGroup(group.directory) + "/cgroup.procs") << getpid();
  }
  groups.Remove();
}

}  // namespace
}  // namespace orrery::supervisor
