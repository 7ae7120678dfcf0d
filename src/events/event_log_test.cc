#include "events/event_log.h"

#include <gmock/gmock.h>

#include "base/fake_clock.h"
#include "sql/test_database.h"

namespace orrery::events {
namespace {

class EventLogTest : public testing::Test {
 protected:
  void Append(const std::string& subject, const std::string& type) {
    database_->Write([&](sql::Writer& writer) {
      log_.Append(writer, {.type = type, .subject = subject, .actor = {"ada"}, .data = {{"n", 1}}});
    });
  }
  std::vector<std::string> TypesAfter(int64_t after, const Filter& filter, int limit = 100) {
    std::vector<std::string> types;
    for (const Event& event : log_.After(after, filter, limit)) types.push_back(event.type);
    return types;
  }

  FakeClock clock_;
  sql::TestDatabase database_{EventLog::Migrations()};
  EventLog log_{*database_, clock_};
};

TEST_F(EventLogTest, ReadsOnFromACursor) {
  Append("job:1", "a");
  Append("job:2", "b");
  Append("job:1", "c");
  EXPECT_THAT(TypesAfter(0, {}), testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(TypesAfter(0, {.subject = "job:1"}), testing::ElementsAre("a", "c"));
  EXPECT_THAT(TypesAfter(0, {.type = "b"}), testing::ElementsAre("b"));
  const std::vector<Event> first = log_.After(0, {}, 2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_THAT(TypesAfter(first.back().id, {}), testing::ElementsAre("c"));
  EXPECT_EQ(ToJson(first[0]),
            "{\"id\":1,\"at\":\"2013-01-01T00:00:00.000000Z\",\"type\":\"a\",\"subject\":\"job:1\",\"actor\":"
            "\"ada\","
            "\"data\":{\"n\":1}}");
}

TEST_F(EventLogTest, NewestMovesWithTheCommitAndSurvivesARestart) {
  EXPECT_EQ(log_.newest(), 0);
  Append("job:1", "a");
  EXPECT_EQ(log_.newest(), 1);
  EXPECT_THROW(database_->Write([&](sql::Writer& writer) {
    log_.Append(writer, {.type = "never", .subject = "job:1"});
    throw Error(Code::kAborted, "no");
  }),
               Error);
  EXPECT_EQ(log_.newest(), 1);
  EXPECT_EQ(EventLog(*database_, clock_).newest(), 1);
}

}  // namespace
}  // namespace orrery::events
