#include "jobs/simulation.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

namespace orrery::jobs {
namespace {

SimulationResult Replay(const std::vector<TraceJob>& jobs, std::string_view name, int64_t gpus) {
  for (const SimulatedPolicy& policy : SimulatedPolicies()) {
    if (policy.name == name) return Simulate(jobs, policy, gpus);
  }
  ADD_FAILURE() << "no such policy: " << name;
  return {};
}

TraceJob Job(int64_t at_s, int64_t duration_s, int64_t gpus, const std::string& queue = "") {
  return {
      .submitted_us = at_s * 1'000'000, .duration_us = duration_s * 1'000'000, .gpus = gpus, .queue = queue};
}

// On 4 GPUs the second job has to wait for the first; what passes it meanwhile is the policy's choice.
TEST(SimulationTest, EachPolicyOrdersAsItsNameSays) {
  const std::vector<TraceJob> jobs = {Job(0, 10, 3), Job(1, 10, 4), Job(2, 5, 1), Job(3, 20, 1)};
  const auto total = [&](std::string_view policy) { return Replay(jobs, policy, 4).mean_completion * 4; };
  EXPECT_DOUBLE_EQ(total("fifo"), 10 + 19 + 23 + 37);
  EXPECT_DOUBLE_EQ(total("easy"), 10 + 19 + 5 + 37);       // the third ends before the second can start
  EXPECT_DOUBLE_EQ(total("fifo_skip"), 10 + 36 + 5 + 24);  // the fourth delays the second
  EXPECT_DOUBLE_EQ(total("sjf"), 10 + 19 + 5 + 37);
  EXPECT_DOUBLE_EQ(total("sjf_skip"), 10 + 36 + 5 + 24);
  EXPECT_DOUBLE_EQ(total("srtf"), 10 + 19 + 5 + 34);  // the fourth gives way to the second
  EXPECT_DOUBLE_EQ(total("las"), 10 + 19 + 5 + 34);
  EXPECT_EQ(Replay(jobs, "srtf", 4).preemptions, 1);
  EXPECT_EQ(Replay(jobs, "easy", 4).preemptions, 0);
}

TEST(SimulationTest, LeastServiceSendsAJobBackAtItsQuantum) {
  const std::vector<TraceJob> jobs = {Job(0, 20'000, 1), Job(100, 10, 1)};
  const SimulationResult result = Replay(jobs, "las", 1);
  EXPECT_DOUBLE_EQ(result.mean_completion * 2, 20'010 + 11'430);
  EXPECT_EQ(result.preemptions, 1);
  EXPECT_DOUBLE_EQ(result.utilisation, 1);
}

TEST(SimulationTest, AJobThatWantsMoreThanThereIsGetsAll) {
  const SimulationResult result = Replay({Job(0, 10, 64), Job(0, 10, 1)}, "fifo", 8);
  EXPECT_DOUBLE_EQ(result.mean_completion, 15);
  EXPECT_DOUBLE_EQ(result.mean_wait_large, 0);
}

// Short jobs of one queue and long ones of another teach which of two that wait is to go first.
TEST(SimulationTest, PredictionsComeFromJobsThatHaveEnded) {
  std::vector<TraceJob> jobs;
  for (int i = 0; i < 3; ++i) jobs.push_back(Job(0, 10, 1, "short"));
  for (int i = 0; i < 3; ++i) jobs.push_back(Job(0, 100, 1, "long"));
  jobs.push_back(Job(1'000, 50, 1, "short"));
  jobs.push_back(Job(1'001, 100, 1, "long"));  // was promised the next start
  jobs.push_back(Job(1'002, 100, 1, "long"));
  jobs.push_back(Job(1'003, 10, 1, "short"));
  const double first_six = 10 + 20 + 30 + 130 + 230 + 330;
  EXPECT_DOUBLE_EQ(Replay(jobs, "predicted_sjf", 1).mean_completion * 10, first_six + 50 + 149 + 258 + 157);
  EXPECT_DOUBLE_EQ(Replay(jobs, "fifo", 1).mean_completion * 10, first_six + 50 + 149 + 248 + 257);
}

// A later job's duration changes nothing before it has ended.
TEST(SimulationTest, TheFutureIsNotRead) {
  const std::vector<TraceJob> past = {Job(0, 10, 1, "a"), Job(0, 300, 1, "b"), Job(1, 5, 1, "a"),
                                      Job(2, 7, 1, "b")};
  std::vector<TraceJob> longer = past;
  longer[3].duration_us = 9'000'000'000;
  // All but the last one end alike, since it is the last to run in both.
  const double first = Replay(past, "predicted_sjf", 1).mean_wait * 4;
  EXPECT_DOUBLE_EQ(Replay(longer, "predicted_sjf", 1).mean_wait * 4, first);
}

/// Philly, October and November 2017 (not part of the project): ORRERY_TRACES is the folder of philly_sia.csv.
class PhillyTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("ORRERY_TRACES");
    if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "ORRERY_TRACES is not set";
    std::ifstream file(std::string(folder) + "/philly_sia.csv");
    ASSERT_TRUE(file) << "no philly_sia.csv in " << folder;
    std::stringstream text;
    text << file.rdbuf();
    const int64_t from_us = ParseTraceTime("2017-10-01").time_since_epoch().count();
    const int64_t to_us = ParseTraceTime("2017-12-01").time_since_epoch().count();
    for (TraceJob& job : ReadTrace(text.str())) {
      if (job.submitted_us >= from_us && job.submitted_us < to_us) jobs_.push_back(std::move(job));
    }
  }
  std::vector<TraceJob> jobs_;
};

// The figures of a second, independent implementation.
TEST_F(PhillyTest, AFullPoolMatchesTheReference) {
  struct Expected {
    const char* policy;
    int64_t mean, median, p99, wait, wait_large, preemptions;
  };
  const Expected expected[] = {
      {"fifo", 118'295, 65'592, 457'375, 106'815, 143'699, 0},
      {"easy", 103'818, 57'434, 450'172, 92'337, 138'310, 0},
      {"fifo_skip", 39'618, 19'237, 328'166, 28'138, 106'274, 0},
      {"sjf", 18'515, 3'352, 271'283, 7'035, 28'888, 0},
      {"sjf_skip", 18'151, 3'403, 273'350, 6'670, 67'659, 0},
      {"srtf", 13'108, 1'415, 228'123, 1'628, 18'393, 81'398},
      {"las", 23'384, 1'432, 465'856, 11'904, 97'032, 97'661},
  };
  for (const Expected& row : expected) {
    SCOPED_TRACE(row.policy);
    const SimulationResult result = Replay(jobs_, row.policy, 512);
    EXPECT_EQ(std::llround(result.mean_completion), row.mean);
    EXPECT_EQ(std::llround(result.median_completion), row.median);
    EXPECT_EQ(std::llround(result.p99_completion), row.p99);
    EXPECT_EQ(std::llround(result.mean_wait), row.wait);
    EXPECT_EQ(std::llround(result.mean_wait_large), row.wait_large);
    EXPECT_EQ(result.preemptions, row.preemptions);
  }
}

TEST_F(PhillyTest, PredictionsHalveTheMeanOfFifoAndMore) {
  const SimulationResult fifo = Replay(jobs_, "fifo", 512);
  const SimulationResult predicted = Replay(jobs_, "predicted_sjf", 512);
  EXPECT_LT(predicted.mean_completion * 2, fifo.mean_completion);
  EXPECT_LE(predicted.p99_completion, fifo.p99_completion);
}

}  // namespace
}  // namespace orrery::jobs
