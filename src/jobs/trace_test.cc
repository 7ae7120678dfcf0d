#include "jobs/trace.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace orrery::jobs {
namespace {

using testing::HasSubstr;

std::string Refusal(const std::string& text) {
  try {
    ReadTrace(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalidArgument);
    return error.what();
  }
  return "accepted";
}

TEST(TraceTest, ColumnsAreFoundByNameAndJobsSortedBySubmission) {
  const auto jobs = ReadTrace(
      "cluster,num_gpus,extra,duration,timestamp\r\n"
      "b,8,x,66.5,2017-10-01 00:00:10\r\n"
      "\r\n"
      "\"a, \"\"b\"\"\",1,,1,2017-10-01T01:00:00+01:00\r\n");
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].queue, "a, \"b\"");
  EXPECT_EQ(jobs[0].submitted_us, ParseTraceTime("2017-10-01").time_since_epoch().count());
  EXPECT_EQ(jobs[1].duration_us, 66'500'000);
  EXPECT_EQ(jobs[1].gpus, 8);
  EXPECT_EQ(jobs[1].submitted_us - jobs[0].submitted_us, 10'000'000);
}

TEST(TraceTest, AQueueIsReadBeforeACluster) {
  const auto jobs = ReadTrace(
      "timestamp,duration,num_gpus,cluster,queue,user,name\n2020-01-01 00:00:00,1,1,c,q,ann,train\n");
  EXPECT_EQ(jobs[0].queue, "q");
  EXPECT_EQ(jobs[0].user, "ann");
  EXPECT_EQ(jobs[0].name, "train");
}

TEST(TraceTest, BadLinesAreRefusedByLineAndColumn) {
  const std::string head = "timestamp,duration,num_gpus\n2020-01-01 00:00:00,1,1\n\n";
  EXPECT_THAT(Refusal(""), HasSubstr("line 1: "));
  EXPECT_THAT(Refusal("timestamp,duration\n"), HasSubstr("line 1, num_gpus: is not among the columns"));
  EXPECT_THAT(Refusal("timestamp,duration,num_gpus,duration\n"),
              HasSubstr("line 1, duration: is named twice"));
  EXPECT_THAT(Refusal(head + "2020-13-01 00:00:00,1,1\n"), HasSubstr("line 4, timestamp: "));
  EXPECT_THAT(Refusal(head + "2020-01-01 00:00:00,0,1\n"), HasSubstr("line 4, duration: "));
  EXPECT_THAT(Refusal(head + "2020-01-01 00:00:00,nan,1\n"), HasSubstr("line 4, duration: "));
  EXPECT_THAT(Refusal(head + "2020-01-01 00:00:00,1e300,1\n"), HasSubstr("line 4, duration: "));
  EXPECT_THAT(Refusal(head + "2020-01-01 00:00:00,1,0\n"), HasSubstr("line 4, num_gpus: "));
  EXPECT_THAT(Refusal(head + "2020-01-01 00:00:00,1,1.5\n"), HasSubstr("got \"1.5\""));
  EXPECT_THAT(Refusal(head + "2020-01-01 00:00:00,1\n"), HasSubstr("line 4, fields: there are 2"));
}

}  // namespace
}  // namespace orrery::jobs
