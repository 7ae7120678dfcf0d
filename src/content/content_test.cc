#include "content/content.h"

#include <gmock/gmock.h>

#include "base/code_of.h"
#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "sql/test_database.h"

namespace orrery::content {
namespace {

using std::chrono::hours;

class ContentTest : public testing::Test {
 protected:
  std::string PathOf(const Digest& digest) { return root_ + "/objects/" + KeyOf(digest).text(); }
  void Refer(const Digest& digest, const Referrer& referrer) {
    database_->Write([&](sql::Writer& writer) { store_.Refer(writer, digest, referrer); });
  }
  void Release(const Digest& digest, const Referrer& referrer) {
    database_->Write([&](sql::Writer& writer) { store_.Release(writer, digest, referrer); });
  }
  Store::Collected CollectAfter(hours passed) {
    clock_.Advance(passed);
    return store_.Collect(hours(24));
  }
  FakeClock clock_;
  FakeRandom random_;
  PosixFileSystem files_;
  sql::TestDatabase database_{Store::Migrations()};
  std::string root_ = database_.directory() + "/blobs";
  std::unique_ptr<blob::BlobStore> blobs_ = blob::OpenBlobStore("file://" + root_, files_, random_);
  Store store_{*database_, *blobs_, clock_};
};

TEST_F(ContentTest, KeepsBytesOnceByTheirDigest) {
  const StoredObject one = store_.Put("hello");
  EXPECT_EQ(one.digest, DigestOf("hello"));
  EXPECT_EQ(store_.Put("hello").digest, one.digest);
  EXPECT_EQ(store_.ReadAll(one.digest), "hello");
  EXPECT_EQ(store_.ReadAll(store_.Put("").digest), "");
  EXPECT_THAT(store_.Missing({DigestOf("a"), one.digest, DigestOf("b")}),
              testing::ElementsAre(DigestOf("a"), DigestOf("b")));
}

TEST_F(ContentTest, AnUploadOfOtherBytesThanPromisedLeavesNothing) {
  EXPECT_EQ(CodeOf([&] {
              Store::Upload upload = store_.Begin();
              upload.Write(std::as_bytes(std::span("hello", 5)));
              upload.Finish(DigestOf("other"));
            }),
            Code::kInvalidArgument);
  EXPECT_TRUE(files_.List(root_ + "/staging").empty());
  EXPECT_TRUE(files_.List(root_ + "/objects").empty());
  EXPECT_EQ(CodeOf([&] { store_.Open(DigestOf("hello")); }), Code::kNotFound);
}

TEST_F(ContentTest, DamagedBytesAreNeverServed) {
  const Digest digest = store_.Put("hello").digest;
  files_.Open(PathOf(digest), OpenMode::kReadWrite, 0)->WriteAt(1, std::as_bytes(std::span("E", 1)));
  EXPECT_EQ(CodeOf([&] { store_.ReadAll(digest); }), Code::kDataLoss);
  files_.Open(PathOf(digest), OpenMode::kReadWrite, 0)->Truncate(3);
  EXPECT_EQ(CodeOf([&] { store_.Open(digest); }), Code::kDataLoss);
  files_.Remove(PathOf(digest));
  EXPECT_EQ(CodeOf([&] { store_.Open(digest); }), Code::kDataLoss);
  store_.Put("hello");
  EXPECT_EQ(store_.ReadAll(digest), "hello");
}

TEST_F(ContentTest, OnlyStoredObjectsCanBeReferredTo) {
  EXPECT_EQ(CodeOf([&] { Refer(DigestOf("hello"), "job:1"); }), Code::kNotFound);
}

TEST_F(ContentTest, CollectionTakesWhatNobodyRefersToAfterTheGrace) {
  const Digest kept = store_.Put("kept").digest;
  const Digest released = store_.Put("released").digest;
  Refer(kept, "job:1");
  Refer(released, "job:1");
  Release(released, "job:1");
  EXPECT_EQ(CollectAfter(hours(1)).condemned, 0);  // too young
  EXPECT_EQ(CollectAfter(hours(24)).condemned, 1);
  EXPECT_EQ(CollectAfter(hours(1)).deleted, 0);
  const Store::Collected collected = CollectAfter(hours(24));
  EXPECT_EQ(collected.deleted, 1);
  EXPECT_EQ(collected.bytes_freed, 8u);
  EXPECT_FALSE(store_.Find(released));
  EXPECT_FALSE(files_.Exists(PathOf(released)));
  EXPECT_EQ(store_.ReadAll(kept), "kept");
}

TEST_F(ContentTest, AReferenceOrAnUploadSavesACondemnedObject) {
  const Digest referred = store_.Put("referred").digest;
  const Digest uploaded = store_.Put("uploaded").digest;
  EXPECT_EQ(CollectAfter(hours(25)).condemned, 2);
  Refer(referred, "job:1");
  store_.Put("uploaded");
  EXPECT_EQ(CollectAfter(hours(23)).deleted, 0);
  EXPECT_TRUE(store_.Find(uploaded));
  EXPECT_EQ(CollectAfter(hours(100)).deleted, 0);
  EXPECT_TRUE(store_.Find(referred));
}

TEST(BlobKey, RefusesWhatCouldLeaveTheFolder) {
  for (const char* text : {"", "/a", "a/", "a//b", "..", "a/../b", ".", "a/./b", "a\\b", "a b", "a%2f"}) {
    EXPECT_THROW(blob::Key::Parse(text), Error) << text;
  }
  EXPECT_EQ(blob::Key::Parse("ab/c-d_e.f").text(), "ab/c-d_e.f");
}

TEST(BlobStore, RefusesOtherUris) {
  PosixFileSystem files;
  FakeRandom random;
  for (const char* uri : {"", "/tmp/x", "file://x", "file:///", "http://a/b"}) {
    EXPECT_THROW(blob::OpenBlobStore(uri, files, random), Error) << uri;
  }
}

TEST_F(ContentTest, UploadsThatACrashLeftAreRemovedAtStart) {
  files_.WriteDurably(root_ + "/staging/left", "x");
  blobs_ = blob::OpenBlobStore("file://" + root_, files_, random_);
  EXPECT_TRUE(files_.List(root_ + "/staging").empty());
}

}  // namespace
}  // namespace orrery::content
