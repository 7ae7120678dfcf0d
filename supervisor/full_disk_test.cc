#include <cerrno>
#include <cstring>
#include <string>

#include <sched.h>
#include <sys/mount.h>

#include "supervisor/held_attempt.h"

namespace orrery::supervisor {
namespace {

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

/// Mounts a small file system that only this process and its children see.
class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    const uid_t uid = getuid();
    const bool root = unshare(CLONE_NEWNS) == 0;
    if (!root) {
      if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        GTEST_SKIP() << "needs root or user namespaces: " << strerror(errno);
      WriteText("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
    }
    mount_point_ = std::filesystem::temp_directory_path().string() + "/full.XXXXXX";
    ASSERT_TRUE(mkdtemp(mount_point_.data()));
    ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << strerror(errno);
    ASSERT_EQ(mount("tmpfs", mount_point_.c_str(), "tmpfs", 0, "size=512k"), 0) << strerror(errno);
  }
  void TearDown() override {
    if (mount_point_.empty()) return;
    umount2(mount_point_.c_str(), MNT_DETACH);
    rmdir(mount_point_.c_str());
  }
  std::string mount_point_;
};

TEST_F(FullDiskTest, TheOutcomeIsWrittenOnAFullDisk) {
  HeldAttempt attempt(mount_point_);
  attempt.AddScript("exec 2> /dev/null; cat /dev/zero > fill; echo more > more && exit 1; exit 5");
  EXPECT_EQ(attempt.Run().exit_code, 5);
}

TEST_F(FullDiskTest, OnAFullDiskNothingIsClaimedOrExecuted) {
  HeldAttempt attempt(mount_point_);
  attempt.AddScript("echo ran");
  WriteText(attempt.Path("launch"), jobs::record::Encode(attempt.launch));
  WriteText(attempt.Path("fill"), std::string(480 << 10, 'x'));
  EXPECT_EQ(attempt.StartAgain(), jobs::record::kNoSpace);
  EXPECT_FALSE(attempt.Has("claim"));
  EXPECT_FALSE(attempt.Has("log"));
  std::filesystem::remove(attempt.Path("fill"));
  EXPECT_EQ(attempt.StartAgain(), jobs::record::kClaimed);
  EXPECT_EQ(attempt.WaitForOutcome().exit_code, 0);
}

}  // namespace
}  // namespace orrery::supervisor
