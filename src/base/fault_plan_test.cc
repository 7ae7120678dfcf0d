#include "base/fault_plan.h"

#include <cerrno>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/faulty_file_system.h"

namespace orrery {
namespace {

using testing::Pair;

class FaultPlanTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "faultsXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { PosixFileSystem().RemoveAll(folder_); }

  std::string folder_;
  PosixFileSystem posix_;
  FaultPlan plan_;
};

TEST_F(FaultPlanTest, TextComesBackAsItWas) {
  const std::string text =
      "wal.sync@3=eio; blob.*@1+=enospc; *@17=crash-before; db.write@2=torn:512; db.write@4=short; "
      "file.open@1=emfile; "
      "file.sync@1=lie; file.read@2=delay:50; blob.rename@1=crash-after";
  plan_.Set(text);
  EXPECT_EQ(plan_.Text(), text);
}

TEST_F(FaultPlanTest, MalformedRulesAreRefused) {
  for (const char* text : {"wal.sync", "wal.sync@1", "@1=eio", "a@0=eio", "a@x=eio", "a@1=fire", "a@1=torn",
                           "a@1=eio:3", "a=eio@1", "a@1=delay:"}) {
    EXPECT_THROW(plan_.Set(text), Error) << text;
  }
}

TEST_F(FaultPlanTest, ARuleCountsTheCallsThatItMatches) {
  plan_.Set("blob.*@2=eio; wal.sync@1+=enospc");
  EXPECT_FALSE(plan_.Next("blob.write"));
  EXPECT_FALSE(plan_.Next("db.write"));
  EXPECT_FALSE(plan_.Hit());
  EXPECT_EQ(plan_.Next("blob.sync")->error_number, EIO);
  EXPECT_FALSE(plan_.Next("blob.sync"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(plan_.Next("wal.sync")->error_number, ENOSPC);
  EXPECT_TRUE(plan_.Hit());
}

TEST_F(FaultPlanTest, SitesNeverHitAreKnown) {
  plan_.Declare("blob", {"write", "sync"});
  plan_.Next("blob.write");
  EXPECT_THAT(plan_.Counts(), testing::ElementsAre(Pair("blob.sync", 0), Pair("blob.write", 1)));
  plan_.Set("");
  EXPECT_EQ(plan_.Calls(), 0U);
}

TEST_F(FaultPlanTest, FilesFailByAreaAndCall) {
  FaultyFileSystem files(posix_, plan_, {{folder_, "data"}, {folder_ + "/blobs", "blob"}});
  plan_.Set("blob.sync@1=eio; data.write@1=short; data.rename@1=lie; data.syncdir@1=enospc");
  files.CreateDirectory(folder_ + "/blobs");
  const auto blob = files.Open(folder_ + "/blobs/a", OpenMode::kCreate);
  EXPECT_THROW(blob->Sync(), Error);
  blob->Sync();
  const auto data = files.Open(folder_ + "/b", OpenMode::kCreate);
  try {
    data->WriteAt(0, std::as_bytes(std::span("12345678", 8)));
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kStorageFull);
  }
  EXPECT_EQ(data->Size(), 4U);
  files.Rename(folder_ + "/b", folder_ + "/c");
  EXPECT_TRUE(posix_.Exists(folder_ + "/b"));
  EXPECT_THROW(files.SyncDirectory(folder_), Error);
  EXPECT_EQ(plan_.Counts().at("blob.sync"), 2U);
}

TEST_F(FaultPlanTest, ACrashEndsTheProcessBeforeOrAfterTheCall) {
  FaultyFileSystem files(posix_, plan_, {{folder_, "data"}});
  const auto write = [&](const char* plan) {
    plan_.Set(plan);
    files.Open(folder_ + "/a", OpenMode::kCreateTruncate)
        ->WriteAt(0, std::as_bytes(std::span("12345678", 8)));
  };
  const auto size = [&] { return posix_.Stat(folder_ + "/a").size; };
  EXPECT_EXIT(write("data.write@1=crash-before"), testing::ExitedWithCode(kCrashedByPlan), "");
  EXPECT_EQ(size(), 0U);
  EXPECT_EXIT(write("data.write@1=torn:3"), testing::ExitedWithCode(kCrashedByPlan), "");
  EXPECT_EQ(size(), 3U);
  EXPECT_EXIT(write("data.write@1=crash-after"), testing::ExitedWithCode(kCrashedByPlan), "");
  EXPECT_EQ(size(), 8U);
}

}  // namespace
}  // namespace orrery
