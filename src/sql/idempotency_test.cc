#include "sql/idempotency.h"

#include <gtest/gtest.h>

#include "sql/test_database.h"

namespace orrery::sql {
namespace {

constexpr Instant kNow{Microseconds(1'000'000)};

class IdempotencyTest : public testing::Test {
 protected:
  IdempotencyKey Key(const std::string& actor, const std::string& key, const std::string& request) {
    return {actor, key, DigestOf(request)};
  }
  std::optional<std::string> Find(const IdempotencyKey& key) {
    return database_->Read([&](Reader& reader) { return FindAnswer(reader, key); });
  }
  void Keep(const IdempotencyKey& key, const std::string& answer, Instant now = kNow) {
    database_->Write([&](Writer& writer) { KeepAnswer(writer, key, answer, now); });
  }
  Code CodeOf(const IdempotencyKey& key) {
    try {
      Find(key);
    } catch (const Error& error) {
      EXPECT_EQ(error.field(), "Idempotency-Key");
      return error.code();
    }
    ADD_FAILURE() << "accepted";
    return Code::kInternal;
  }

  TestDatabase database_{IdempotencyMigrations()};
};

TEST_F(IdempotencyTest, TheSameRequestUnderTheSameKeyGetsTheSameAnswer) {
  EXPECT_EQ(Find(Key("ada", "k1", "body")), std::nullopt);
  Keep(Key("ada", "k1", "body"), "answer");
  EXPECT_EQ(Find(Key("ada", "k1", "body")), "answer");
  EXPECT_EQ(Find(Key("bob", "k1", "other")), std::nullopt);
  EXPECT_EQ(CodeOf(Key("ada", "k1", "other")), Code::kAborted);
}

TEST_F(IdempotencyTest, AnAnswerIsKeptOnceAndForAWeek) {
  constexpr int kMany = 1'100;
  Keep(Key("ada", "k1", "body"), "answer");
  EXPECT_THROW(Keep(Key("ada", "k1", "body"), "again"), Error);
  for (int i = 0; i < kMany; ++i)
    Keep(Key("bob", std::to_string(i), "body"), "answer", kNow + Microseconds(i));
  Keep(Key("ada", "k2", "body"), "answer", kNow + kIdempotencyKept);
  EXPECT_EQ(Find(Key("ada", "k1", "body")), "answer");
  Keep(Key("ada", "k3", "body"), "answer", kNow + kIdempotencyKept + Microseconds(1));
  EXPECT_EQ(Find(Key("ada", "k1", "body")), std::nullopt);
}

TEST_F(IdempotencyTest, AClockThatIsSetForwardForgetsNoKeyThatMayBeRepeated) {
  constexpr Microseconds kTenYears = std::chrono::hours(10 * 365 * 24);
  Keep(Key("ada", "k1", "body"), "answer");
  Keep(Key("ada", "k2", "body"), "answer", kNow + kTenYears);
  Keep(Key("ada", "k3", "body"), "answer", kNow + kTenYears);
  EXPECT_EQ(Find(Key("ada", "k1", "body")), "answer");
}

TEST_F(IdempotencyTest, MalformedKeysAreRefused) {
  EXPECT_EQ(CodeOf(Key("ada", "", "body")), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(Key("ada", std::string(256, 'k'), "body")), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(Key("ada", "a b", "body")), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(Key("ada", "\xc3\xa9", "body")), Code::kInvalidArgument);
}

}  // namespace
}  // namespace orrery::sql
