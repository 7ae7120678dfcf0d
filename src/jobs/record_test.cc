#include "jobs/record.h"

#include <string>

#include <gtest/gtest.h>

namespace orrery::jobs::record {
namespace {

LaunchRecord SomeLaunch() {
  LaunchRecord launch;
  launch.job_id = "job-1";
  launch.attempt = 3;
  launch.token = INT64_MAX;
  launch.steps = {{"prepare environment", {"sh", "-c", "a:1:b\nc"}, {"A=1", "B="}, "/work", 5},
                  {"main", {"python", "train.py", ""}, {}, "/work", 0}};
  launch.grace_ms = 1;
  launch.memory_limit_bytes = 1LL << 40;
  launch.end_signal = 10;
  launch.memory_bytes = 7;
  launch.groups = {{2, "/sys/fs/cgroup/a", {"memory memory.max 5", "?memory memory.swap.max 0"}},
                   {1, "/b", {}}};
  launch.gpus = {"GPU-1", "GPU-2"};
  return launch;
}

OutcomeRecord SomeOutcome() {
  OutcomeRecord outcome;
  outcome.cause = Cause::kLaunchFailed;
  outcome.signal = 9;
  outcome.message = std::string("with\0NUL and \n newline", 22);
  outcome.step = 1;
  outcome.ended_at_us = -5;
  return outcome;
}

TEST(RecordTest, ComesBackAsItWasWritten) {
  EXPECT_EQ(DecodeLaunch(Encode(SomeLaunch())).record, SomeLaunch());
  EXPECT_EQ(DecodeOutcome(Encode(SomeOutcome())).record, SomeOutcome());
  const ClaimRecord claim{2, 7, 4711, "boot", 99};
  EXPECT_EQ(DecodeClaim(Encode(claim)).record, claim);
  const StartedRecord started{5, "rlimit"};
  EXPECT_EQ(DecodeStarted(Encode(started)).record, started);
}

TEST(RecordTest, AnAbsentOptionalStaysAbsent) {
  const auto decoded = DecodeOutcome(Encode(SomeOutcome()));
  EXPECT_FALSE(decoded.record->exit_code);
  EXPECT_EQ(decoded.record->signal, 9);
}

TEST(RecordTest, EveryTruncationIsRefused) {
  const std::string whole = Encode(SomeLaunch());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto decoded = DecodeLaunch(whole.substr(0, length));
    EXPECT_FALSE(decoded.record) << length;
    EXPECT_FALSE(decoded.error.empty()) << length;
  }
}

TEST(RecordTest, EveryChangedByteIsRefused) {
  const std::string whole = Encode(SomeOutcome());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char mask : {'\x01', '\x20', '\x80'}) {
      std::string bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ mask);
      EXPECT_FALSE(DecodeOutcome(bad).record) << at;
    }
  }
}

TEST(RecordTest, ATornTailOfZerosIsRefusedAndReservedSpaceIsNot) {
  const std::string whole = Encode(SomeOutcome());
  EXPECT_TRUE(DecodeOutcome(whole + std::string(4096, '\0')).record);
  EXPECT_FALSE(DecodeOutcome(whole + "x").record);
  std::string torn = whole;
  torn.replace(torn.size() - 10, 10, 10, '\0');
  EXPECT_FALSE(DecodeOutcome(torn).record);
}

TEST(RecordTest, OtherKindsAndVersionsAreRefused) {
  EXPECT_EQ(DecodeClaim(Encode(SomeOutcome())).error, "record of another kind");
  std::string newer = Encode(SomeOutcome());
  newer[std::string("orrery-record ").size()] = '2';
  EXPECT_EQ(DecodeOutcome(newer).error, "record of another version");
}

TEST(RecordTest, AMissingFieldIsNamedAndAnUnknownOneSkipped) {
  EXPECT_EQ(DecodeStarted(Frame("started", "newer:2:ab\nstarted_at_us:1:5\n")).record,
            (StartedRecord{5, {}}));
  EXPECT_EQ(DecodeStarted(Frame("started", "newer:2:ab\n")).error, "missing field 'started_at_us'");
  EXPECT_EQ(DecodeStarted(Frame("started", "started_at_us:1:x\n")).error,
            "not an integer: field 'started_at_us'");
  EXPECT_EQ(DecodeStarted(Frame("started", "started_at_us:9:5\n")).error, "malformed field 'started_at_us'");
}

TEST(RecordTest, ALaunchWithoutAProgramIsRefused) {
  LaunchRecord launch = SomeLaunch();
  launch.steps[0].argv.clear();
  EXPECT_EQ(DecodeLaunch(Encode(launch)).error, "a step without a program: 'prepare environment'");
  launch.steps.clear();
  EXPECT_EQ(DecodeLaunch(Encode(launch)).error, "no step");
}

}  // namespace
}  // namespace orrery::jobs::record
