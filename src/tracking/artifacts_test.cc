#include "tracking/artifacts.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/code_of.h"
#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "sql/test_database.h"

namespace orrery::tracking {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ArtifactsTest : public testing::Test {
 protected:
  void Put(const std::string& path, std::string_view bytes) {
    artifacts_.Put(run_, ArtifactPath::Parse(path), store_.Put(bytes));
  }
  std::string Read(const std::string& path) {
    return store_.ReadAll(artifacts_.Open(run_, ArtifactPath::Parse(path)).first.digest);
  }
  std::vector<std::string> Names(const std::optional<std::string>& folder = {}) {
    std::vector<std::string> out;
    const auto path = folder ? std::optional(ArtifactPath::Parse(*folder)) : std::nullopt;
    for (const auto& entry : artifacts_.List(run_, path))
      out.push_back(entry.path + (entry.is_dir ? "/" : ""));
    return out;
  }
  bool IsCollected(std::string_view bytes) {
    using std::chrono::hours;
    for (int pass = 0; pass < 2; ++pass) {
      store_.Collect(hours(1));
      clock_.Advance(hours(2));
    }
    store_.Collect(hours(1));
    return !store_.Find(DigestOf(bytes)).has_value();
  }

  FakeClock clock_;
  FakeRandom random_;
  PosixFileSystem files_;
  sql::TestDatabase database_{content::Store::Migrations(), Artifacts::Migrations()};
  std::unique_ptr<blob::BlobStore> blobs_ =
      blob::OpenBlobStore("file://" + database_.directory() + "/blobs", files_, random_);
  content::Store store_{*database_, *blobs_, clock_};
  Artifacts artifacts_{*database_, store_, clock_};
  ArtifactOwner run_{ArtifactRoot::kRun, "r1"};
};

TEST_F(ArtifactsTest, ClearForgetsEveryNameAndLetsTheBytesGo) {
  Put("a/b", "bytes");
  artifacts_.Put({ArtifactRoot::kModel, "m-1"}, ArtifactPath::Parse("c"), store_.Put("others"));
  database_->Write([&](sql::Writer& writer) { artifacts_.Clear(writer); });
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_TRUE(IsCollected("bytes"));
  EXPECT_TRUE(IsCollected("others"));
}

TEST_F(ArtifactsTest, ListsOneLevelAtATime) {
  for (const char* path : {"a/b/one.txt", "a/two.txt", "a.txt", "a0/x", "z"}) Put(path, path);
  EXPECT_THAT(Names(), ElementsAre("a.txt", "a/", "a0/", "z"));
  EXPECT_THAT(Names("a"), ElementsAre("a/b/", "a/two.txt"));
  EXPECT_THAT(Names("a/b/one.txt"), IsEmpty());
  EXPECT_THAT(Names("nothing"), IsEmpty());
  EXPECT_THAT(artifacts_.List({ArtifactRoot::kModel, "r1"}, {}), IsEmpty());
  EXPECT_EQ(artifacts_.List(run_, ArtifactPath::Parse("a"))[1].size, 9u);
}

TEST_F(ArtifactsTest, ReplacingANameLetsTheOldBytesGo) {
  Put("f", "old");
  Put("f", "new");
  EXPECT_EQ(Read("f"), "new");
  EXPECT_TRUE(IsCollected("old"));
  EXPECT_FALSE(IsCollected("new"));
}

TEST_F(ArtifactsTest, BytesStayUntilTheLastOfTheirNamesIsGone) {
  Put("a", "same");
  Put("b", "same");
  EXPECT_EQ(artifacts_.Delete(run_, ArtifactPath::Parse("a")), 1);
  EXPECT_FALSE(IsCollected("same"));
  EXPECT_EQ(artifacts_.Delete(run_, ArtifactPath::Parse("b")), 1);
  EXPECT_TRUE(IsCollected("same"));
}

TEST_F(ArtifactsTest, DeletesAFolderWithAllInItAndNothingElse) {
  for (const char* path : {"a/b/c", "a/d", "ab", "a.x"}) Put(path, path);
  EXPECT_EQ(artifacts_.Delete(run_, ArtifactPath::Parse("a")), 2);
  EXPECT_THAT(Names(), ElementsAre("a.x", "ab"));
  EXPECT_EQ(artifacts_.Delete(run_, ArtifactPath::Parse("a")), 0);
  EXPECT_EQ(artifacts_.Delete(run_, std::nullopt), 2);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ArtifactsTest, ANameIsAFileOrAFolder) {
  Put("a/b", "1");
  EXPECT_EQ(CodeOf([&] { Put("a", "2"); }), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { Put("a/b/c", "2"); }), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { Read("a"); }), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { Read("b"); }), Code::kNotFound);
}

}  // namespace
}  // namespace orrery::tracking
