#include <gmock/gmock.h>

#include "base/error.h"
#include "base/faulty_file_system.h"
#include "base/random.h"
#include "blob/blob_store.h"

namespace orrery::blob {
namespace {

class FileStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "blobsXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    files_ = std::make_unique<FaultyFileSystem>(
        posix_, plan_,
        std::vector<FaultyFileSystem::Area>{
            {root_, "blob"}, {root_ + "/objects", "objects"}, {root_ + "/objects/ab", "ab"}});
    Open();
  }
  void TearDown() override { posix_.RemoveAll(root_); }

  void Open() { store_ = OpenBlobStore("file://" + root_, *files_, random_); }
  void Put(const std::string& bytes) {
    const auto upload = store_->Begin();
    upload->Write(std::as_bytes(std::span(bytes)));
    upload->Commit(key_);
  }
  std::string Stored() {
    if (!posix_.Exists(root_ + "/objects/ab/cd")) return "";
    return posix_.ReadAll(root_ + "/objects/ab/cd");
  }

  const Key key_ = Key::Parse("ab/cd");
  std::string root_;
  PosixFileSystem posix_;
  FaultPlan plan_;
  std::unique_ptr<FaultyFileSystem> files_;
  SystemRandom random_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(FileStoreTest, AFolderLeftByAKilledServerIsMadeDurableBeforeItIsUsed) {
  posix_.CreateDirectory(root_ + "/objects/ab");
  plan_.Set("");
  Put("bytes");
  EXPECT_EQ(plan_.Counts().at("objects.syncdir"), 1U);
  EXPECT_EQ(plan_.Counts().at("ab.syncdir"), 1U);
  Put("again");
  EXPECT_EQ(plan_.Counts().at("objects.syncdir"), 1U) << "once is enough";
}

TEST_F(FileStoreTest, AtEveryFaultAnObjectIsOldOrNewAndWhole) {
  for (const char* action : {"eio", "enospc", "short"}) {
    for (const char* sticky : {"", "+"}) {
      for (int nth = 1; nth == 1 || plan_.Hit(); ++nth) {
        ASSERT_LT(nth, 100);
        plan_.Set("");
        Put("old");
        plan_.Set("*@" + std::to_string(nth) + sticky + "=" + action);
        bool stored = true;
        try {
          Put("the new one");
        } catch (const Error&) {
          stored = false;
        }
        const bool hit = plan_.Hit();
        const std::string now = Stored();
        EXPECT_TRUE(now == "the new one" || (!stored && now == "old")) << plan_.Text() << ": " << now;
        EXPECT_TRUE(hit || stored);
        if (!hit) break;
      }
    }
  }
  plan_.Set("");
  Open();
  EXPECT_THAT(posix_.List(root_ + "/staging"), testing::IsEmpty())
      << "a start removes what a fault left behind";
}

}  // namespace
}  // namespace orrery::blob
