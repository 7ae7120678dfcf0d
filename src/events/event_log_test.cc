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
  EXPECT_THAT(TypesAfter(0, {.types = {"b"}}), testing::ElementsAre("b"));
  const std::vector<Event> first = log_.After(0, {}, 2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_THAT(TypesAfter(first.back().id, {}), testing::ElementsAre("c"));
  EXPECT_EQ(ToJson(first[0]),
            "{\"id\":1,\"at\":\"2013-01-01T00:00:00.000000Z\",\"type\":\"a\",\"subject\":\"job:1\",\"actor\":"
            "\"ada\","
            "\"data\":{\"n\":1}}");
}

TEST_F(EventLogTest, MatchesAnyOfSeveralTypesAndBeginnings) {
  for (const char* type : {"job_queued", "run_created", "job_running", "jobs", "model_created"})
    Append("s", type);
  EXPECT_THAT(TypesAfter(0, {.types = {"job_*"}}), testing::ElementsAre("job_queued", "job_running"));
  EXPECT_THAT(TypesAfter(1, {.types = {"job_*", "model_created"}}),
              testing::ElementsAre("job_running", "model_created"));
  EXPECT_THAT(TypesAfter(0, {.types = {"*"}}), testing::SizeIs(5));
  EXPECT_THAT(TypesAfter(0, {.types = {"job_%"}}), testing::IsEmpty());
  EXPECT_EQ(log_.Behind(0, {.types = {"job_*"}}).events, 2);
  EXPECT_EQ(log_.Behind(1, {.types = {"job_*"}}).oldest, clock_.Now());
  EXPECT_EQ(log_.Behind(3, {.types = {"job_*"}}).events, 0);
  EXPECT_FALSE(log_.Behind(3, {.types = {"job_*"}}).oldest);
}

TEST_F(EventLogTest, TellsItsWatchersAsLongAsTheyLive) {
  int told = 0;
  {
    const EventLog::Watch watch(log_, [&] { ++told; });
    Append("s", "a");
    EXPECT_EQ(told, 1);
  }
  Append("s", "b");
  EXPECT_EQ(told, 1);
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
