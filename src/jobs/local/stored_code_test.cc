#include "jobs/local/stored_code.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "sql/test_database.h"

namespace orrery::jobs::local {
namespace {

TEST(StoredCodeTest, ReadsWholeObjectsOutOfTheStore) {
  FakeClock clock;
  FakeRandom random;
  PosixFileSystem files;
  sql::TestDatabase database{content::Store::Migrations()};
  const auto blobs = blob::OpenBlobStore("file://" + database.directory() + "/blobs", files, random);
  content::Store store(*database, *blobs, clock);
  const std::string bytes(300'000, 'x');
  const Digest digest = store.Put(bytes).digest;
  StoredCode code(store);
  EXPECT_EQ(code.ReadAll(digest, bytes.size()), bytes);
  EXPECT_THROW(code.ReadAll(digest, bytes.size() - 1), Error);
  EXPECT_THROW(code.ReadAll(DigestOf("absent"), 10), Error);
}

}  // namespace
}  // namespace orrery::jobs::local
