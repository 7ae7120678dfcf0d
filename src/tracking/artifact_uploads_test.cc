#include "tracking/artifact_uploads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/code_of.h"
#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "sql/test_database.h"

namespace orrery::tracking {
namespace {

class ArtifactUploadsTest : public testing::Test {
 protected:
  std::string Send(const std::string& upload, int64_t number, std::string_view bytes) {
    uploads_.BeginPart(upload, number);
    return uploads_.KeepPart(upload, number, store_.Put(bytes));
  }
  Artifact Complete(const std::string& upload, const std::vector<UploadedPart>& parts) {
    return uploads_.Complete(upload, run_, path_, parts);
  }
  bool IsThere() { return artifacts_.Find(run_, path_).has_value(); }
  bool IsCollected(std::string_view bytes) {
    using std::chrono::hours;
    for (int pass = 0; pass < 3; ++pass) {
      store_.Collect(hours(1));
      clock_.Advance(hours(2));
    }
    return !store_.Find(DigestOf(bytes)).has_value();
  }

  FakeClock clock_;
  FakeRandom random_;
  PosixFileSystem files_;
  sql::TestDatabase database_{content::Store::Migrations(), Artifacts::Migrations(),
                              ArtifactUploads::Migrations()};
  std::unique_ptr<blob::BlobStore> blobs_ =
      blob::OpenBlobStore("file://" + database_.directory() + "/blobs", files_, random_);
  content::Store store_{*database_, *blobs_, clock_};
  Artifacts artifacts_{*database_, store_, clock_};
  ArtifactUploads uploads_{*database_, store_, artifacts_, clock_, random_};
  ArtifactOwner run_{ArtifactRoot::kRun, "r1"};
  ArtifactPath path_ = ArtifactPath::Parse("model/weights.bin");
};

TEST_F(ArtifactUploadsTest, PartsInAnyOrderBecomeTheFileOnlyWhenAllAreThere) {
  const auto upload = uploads_.Begin(run_, path_, 3);
  const auto third = Send(upload, 3, "c");
  const auto wrong = Send(upload, 1, "x");
  const auto first = Send(upload, 1, "aa");
  EXPECT_EQ(CodeOf([&] {
              Complete(upload, {{1, first}, {3, third}});
            }),
            Code::kInvalidArgument)
      << "one is missing";
  const auto second = Send(upload, 2, "bbb");
  EXPECT_EQ(CodeOf([&] { Complete(upload, {{1, wrong}, {2, second}, {3, third}}); }), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] {
              Complete(upload, {{1, first}, {2, second}, {2, second}});
            }),
            Code::kInvalidArgument);
  EXPECT_FALSE(IsThere());

  const Artifact file = Complete(upload, {{3, third}, {1, first}, {2, second}});
  EXPECT_EQ(file.size, 6u);
  EXPECT_EQ(store_.ReadAll(file.digest), "aabbbc");
  EXPECT_EQ(CodeOf([&] { Send(upload, 1, "late"); }), Code::kNotFound);
  EXPECT_TRUE(IsCollected("bbb")) << "parts go once they are joined";
  EXPECT_EQ(store_.ReadAll(file.digest), "aabbbc");
}

TEST_F(ArtifactUploadsTest, PartsOutliveARestart) {
  const auto upload = uploads_.Begin(run_, path_, 2);
  const auto first = Send(upload, 1, "a");
  ArtifactUploads next(*database_, store_, artifacts_, clock_, random_);
  const auto second = next.KeepPart(upload, 2, store_.Put("b"));
  EXPECT_EQ(store_.ReadAll(next.Complete(upload, run_, path_, {{1, first}, {2, second}}).digest), "ab");
}

TEST_F(ArtifactUploadsTest, AbortLeavesNothingAndMayComeAgain) {
  const auto upload = uploads_.Begin(run_, path_, 1);
  const auto only = Send(upload, 1, "bytes");
  uploads_.Abort(upload, run_, path_);
  uploads_.Abort(upload, run_, path_);
  EXPECT_EQ(CodeOf([&] { Complete(upload, {{1, only}}); }), Code::kNotFound);
  EXPECT_FALSE(IsThere());
  EXPECT_TRUE(IsCollected("bytes"));
}

TEST_F(ArtifactUploadsTest, AnUploadIsForOneFile) {
  const auto upload = uploads_.Begin(run_, path_, 1);
  const auto only = Send(upload, 1, "a");
  const ArtifactOwner other{ArtifactRoot::kRun, "r2"};
  EXPECT_EQ(CodeOf([&] { uploads_.Complete(upload, other, path_, {{1, only}}); }), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { uploads_.Abort(upload, other, path_); }), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] {
              uploads_.Complete(upload, run_, ArtifactPath::Parse("b"), {{1, only}});
            }),
            Code::kInvalidArgument);
}

TEST_F(ArtifactUploadsTest, NumbersAreChecked) {
  for (const int64_t parts : {int64_t{0}, int64_t{-1}, ArtifactUploads::kMostParts + 1}) {
    EXPECT_EQ(CodeOf([&] { uploads_.Begin(run_, path_, parts); }), Code::kInvalidArgument) << parts;
  }
  const auto upload = uploads_.Begin(run_, path_, 2);
  for (const int64_t number : {0, 3, -1}) {
    EXPECT_EQ(CodeOf([&] { uploads_.BeginPart(upload, number); }), Code::kInvalidArgument) << number;
  }
  EXPECT_EQ(CodeOf([&] { uploads_.BeginPart("none", 1); }), Code::kNotFound);
}

TEST_F(ArtifactUploadsTest, WhatNobodyEndsGoesAfterSevenDays) {
  const auto upload = uploads_.Begin(run_, path_, 1);
  Send(upload, 1, "forgotten");
  clock_.Advance(std::chrono::hours(6 * 24));
  uploads_.Begin(run_, path_, 1);
  uploads_.BeginPart(upload, 1);
  clock_.Advance(std::chrono::hours(2 * 24));
  uploads_.Begin(run_, path_, 1);
  EXPECT_EQ(CodeOf([&] { uploads_.BeginPart(upload, 1); }), Code::kNotFound);
  EXPECT_TRUE(IsCollected("forgotten"));
}

}  // namespace
}  // namespace orrery::tracking
