#include "supervisor/log_trimmer.h"

#include <cerrno>
#include <string>

#include <gtest/gtest.h>
#include <poll.h>

#include "supervisor/held_attempt.h"

namespace orrery::supervisor {
namespace {

using jobs::record::DroppedRecord;

constexpr std::int64_t kMiB = 1 << 20;

struct stat Stat(const std::string& path) {
  struct stat info = {};
  EXPECT_EQ(stat(path.c_str(), &info), 0);
  return info;
}

std::int64_t OnDisk(const std::string& path) {
  return Stat(path).st_blocks * 512;
}

std::optional<DroppedRecord> Dropped(const HeldAttempt& attempt) {
  return jobs::record::DecodeDropped(ReadFile(attempt.Path("dropped"))).record;
}

int RefusePunch(int, std::int64_t, std::int64_t) {
  return EOPNOTSUPP;
}

class LogTrimmerTest : public testing::Test {
 protected:
  LogTrimmerTest() { EXPECT_EQ(directory_.Open(attempt_.Path("launch")), 0); }

  void Print(std::int64_t bytes, char letter) {
    std::ofstream(Log(), std::ios::binary | std::ios::app)
        << std::string(static_cast<std::size_t>(bytes), letter);
  }
  std::string Log() const { return attempt_.Path("log"); }

  HeldAttempt attempt_;
  AttemptDirectory directory_;
};

TEST_F(LogTrimmerTest, KeepsTheBeginningAndTheEndWhereTheyAre) {
  LogTrimmer trimmer(directory_, 2 * kMiB, PunchHole);
  Print(kMiB, 'a');
  Print(8 * kMiB, 'b');
  Print(kMiB + 7, 'c');
  trimmer.Trim();
  EXPECT_EQ(Dropped(attempt_), (DroppedRecord{kMiB, 8 * kMiB}));
  EXPECT_LE(OnDisk(Log()), 4 * kMiB);
  const std::string log = ReadFile(Log());
  EXPECT_EQ(log, std::string(kMiB, 'a') + std::string(7 * kMiB, '\0') + std::string(kMiB, 'b') +
                     std::string(kMiB + 7, 'c'));
  Print(kMiB, 'd');
  trimmer.Trim();
  EXPECT_EQ(Dropped(attempt_), (DroppedRecord{kMiB, 9 * kMiB}));
}

TEST_F(LogTrimmerTest, LeavesALogAloneThatIsNotLongerThanWhatIsKept) {
  LogTrimmer trimmer(directory_, 2 * kMiB, PunchHole);
  Print(3 * kMiB + kMiB / 2, 'a');
  trimmer.Trim();
  EXPECT_FALSE(attempt_.Has("dropped"));
  EXPECT_EQ(ReadFile(Log()), std::string(3 * kMiB + kMiB / 2, 'a'));
}

TEST_F(LogTrimmerTest, LooksByItselfAgainAndAgain) {
  LogTrimmer trimmer(directory_, kMiB, PunchHole);
  const auto look = [&] {
    pollfd due = {trimmer.timer(), POLLIN, 0};
    ASSERT_EQ(poll(&due, 1, 60'000), 1);
    trimmer.TakeDue();
  };
  look();
  EXPECT_FALSE(attempt_.Has("dropped"));
  Print(4 * kMiB, 'a');
  look();
  EXPECT_EQ(Dropped(attempt_), (DroppedRecord{kMiB, 3 * kMiB}));
}

TEST_F(LogTrimmerTest, CutsALogWhereNoSpaceCanBeGivenBack) {
  LogTrimmer trimmer(directory_, 2 * kMiB, RefusePunch);
  Print(3 * kMiB, 'a');
  Print(5 * kMiB, 'b');
  trimmer.Trim();
  EXPECT_EQ(Dropped(attempt_), (DroppedRecord{3 * kMiB, DroppedRecord::kRest}));
  EXPECT_EQ(ReadFile(Log()), std::string(3 * kMiB, 'a'));
  Print(2 * kMiB, 'c');
  trimmer.Trim();
  EXPECT_EQ(Stat(Log()).st_size, 3 * kMiB);
  Print(2 * kMiB, 'd');
  trimmer.TrimLast();
  EXPECT_EQ(Stat(Log()).st_size, 5 * kMiB) << "its last words";
}

TEST_F(LogTrimmerTest, StartsAgainWithALogThatTheJobEmptied) {
  LogTrimmer trimmer(directory_, kMiB, PunchHole);
  Print(4 * kMiB, 'a');
  trimmer.Trim();
  std::filesystem::resize_file(Log(), 0);
  Print(100, 'b');
  trimmer.Trim();
  EXPECT_EQ(Dropped(attempt_), (DroppedRecord{0, 0}));
  Print(4 * kMiB, 'c');
  trimmer.Trim();
  EXPECT_EQ(Dropped(attempt_), (DroppedRecord{kMiB, 3 * kMiB}));
}

TEST(BoundedLogTest, AnAttemptThatPrintsWithoutEndKeepsTheDiskFree) {
  HeldAttempt attempt;
  attempt.launch.log_keep_bytes = 2 * kMiB;
  attempt.AddScript("head -c 40000000 /dev/zero | tr '\\0' x; echo end");
  EXPECT_EQ(attempt.Run().exit_code, 0);
  EXPECT_EQ(Stat(attempt.Path("log")).st_size, 40'000'004);
  EXPECT_LE(OnDisk(attempt.Path("log")), 5 * kMiB);
  std::ifstream log(attempt.Path("log"), std::ios::binary);
  log.seekg(-5, std::ios::end);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(log), {}), "xend\n");
}

}  // namespace
}  // namespace orrery::supervisor
