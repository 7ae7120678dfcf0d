#include "base/durable_file_system.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/faulty_file_system.h"
#include "base/unknown_state.h"

namespace orrery {
namespace {

class DurableFileSystemTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "durableXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { posix_.RemoveAll(folder_); }
  Code WriteUnder(const char* plan) {
    plan_.Set(plan);
    try {
      files_.WriteDurably(folder_ + "/a", "bytes");
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "no error under " << plan;
    return Code::kInternal;
  }

  std::string folder_;
  PosixFileSystem posix_;
  FaultPlan plan_;
  FaultyFileSystem faulty_{posix_, plan_};
  int unknown_ = 0;
  DurableFileSystem files_{faulty_, [this](const std::string&) { ++unknown_; }};
};

TEST_F(DurableFileSystemTest, AFailedSyncIsUnknown) {
  WriteUnder("file.sync@1=eio");
  EXPECT_EQ(unknown_, 1);
  WriteUnder("file.syncdir@1=eio");
  EXPECT_EQ(unknown_, 2);
}

TEST_F(DurableFileSystemTest, AnyOtherFaultIsTheCallersToHandle) {
  EXPECT_EQ(WriteUnder("file.write@1=eio"), Code::kInternal);
  EXPECT_EQ(WriteUnder("file.rename@1=eio"), Code::kInternal);
  EXPECT_EQ(WriteUnder("file.sync@1=enospc"), Code::kStorageFull);
  EXPECT_EQ(unknown_, 0);
}

TEST_F(DurableFileSystemTest, TheProcessEndsWithItsOwnStatus) {
  EXPECT_EXIT(StopInUnknownState("a test"), testing::ExitedWithCode(kUnknownStateExit), "a test");
}

}  // namespace
}  // namespace orrery
