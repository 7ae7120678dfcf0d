// Uploads, references and collection at the same time, and with files that fail.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "base/fake_clock.h"
#include "base/faulty_file_system.h"
#include "base/random.h"
#include "content/content.h"
#include "sql/test_database.h"

namespace orrery::content {
namespace {

class ContentFaultTest : public testing::Test {
 protected:
  void Refer(const Digest& digest, const Referrer& referrer) {
    database_->Write([&](sql::Writer& writer) { store_.Refer(writer, digest, referrer); });
  }
  void Release(const Digest& digest, const Referrer& referrer) {
    database_->Write([&](sql::Writer& writer) { store_.Release(writer, digest, referrer); });
  }
  /// Whether every known object has bytes of its digest.
  bool AllReadable() {
    const auto digests = database_->Read(
        [](sql::Reader& reader) { return reader.All<Digest>("SELECT digest FROM content_objects"); });
    for (const Digest& digest : digests) {
      if (DigestOf(store_.ReadAll(digest)) != digest) return false;
    }
    return true;
  }

  FakeClock clock_;
  SystemRandom random_;
  FaultPlan plan_;
  PosixFileSystem posix_;
  sql::TestDatabase database_{Store::Migrations()};
  FaultyFileSystem files_{posix_, plan_};
  std::unique_ptr<blob::BlobStore> blobs_ =
      blob::OpenBlobStore("file://" + database_.directory() + "/blobs", files_, random_);
  Store store_{*database_, *blobs_, clock_};
};

TEST_F(ContentFaultTest, WhatIsReferredToIsNeverCollectedUnderAnyInterleaving) {
  constexpr int kThreads = 4;
  constexpr int kTurns = 60;
  std::atomic<bool> ending = false;
  // Without any grace, so that every released object is taken at once: the hardest case.
  std::thread collector([&] {
    while (!ending) {
      clock_.Advance(Microseconds(1));
      store_.Collect(Microseconds(0));
    }
  });
  std::vector<std::thread> users;
  for (int user = 0; user < kThreads; ++user) {
    users.emplace_back([&, user] {
      const Referrer referrer = "job:" + std::to_string(user);
      for (int turn = 0; turn < kTurns; ++turn) {
        const std::string bytes = "shared by all users " + std::to_string(turn % 3);
        const Digest digest = store_.Put(bytes).digest;
        try {
          Refer(digest, referrer);
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), Code::kNotFound) << "collected before it was referred to";
          continue;
        }
        EXPECT_EQ(store_.ReadAll(digest), bytes);
        Release(digest, referrer);
      }
    });
  }
  for (std::thread& user : users) user.join();
  ending = true;
  collector.join();
  EXPECT_TRUE(AllReadable());
}

TEST_F(ContentFaultTest, AtEveryFaultAnUploadIsWholeOrUnknown) {
  for (const char* action : {"eio", "enospc", "short"}) {
    bool hit = true;
    for (int nth = 1; hit; ++nth) {
      ASSERT_LT(nth, 100);
      const std::string bytes = action + std::to_string(nth);
      plan_.Set("*@" + std::to_string(nth) + "=" + action);
      bool stored = true;
      try {
        store_.Put(bytes);
      } catch (const Error&) {
        stored = false;
      }
      hit = plan_.Hit();
      plan_.Set("");
      EXPECT_EQ(store_.Find(DigestOf(bytes)).has_value(), stored) << action << nth;
      EXPECT_TRUE(AllReadable());
      EXPECT_NO_THROW(store_.Put(bytes)) << "the same bytes again, after the fault";
    }
  }
}

TEST_F(ContentFaultTest, AFaultWhileCollectingLeavesNoRowWithoutBytes) {
  bool hit = true;
  for (int nth = 1; hit; ++nth) {
    ASSERT_LT(nth, 100);
    for (const char* bytes : {"one", "two", "three"}) store_.Put(bytes);
    clock_.Advance(Microseconds(10));
    store_.Collect(Microseconds(1));
    clock_.Advance(Microseconds(10));
    plan_.Set("*@" + std::to_string(nth) + "=eio");
    try {
      store_.Collect(Microseconds(1));
    } catch (const Error&) {
    }
    hit = plan_.Hit();
    plan_.Set("");
    EXPECT_TRUE(AllReadable()) << nth;
  }
}

}  // namespace
}  // namespace orrery::content
