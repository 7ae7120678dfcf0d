#include "jobs/job_file.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace orrery::jobs {
namespace {

using testing::HasSubstr;

std::string FaultOf(const std::string& text) {
  try {
    ParseJobFile(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalidArgument);
    return error.what();
  }
  return "accepted";
}

TEST(JobFileTest, ReadsEveryKindOfField) {
  const JobFile file = ParseJobFile(R"(
name: train flights
command: [python, train.py, --epochs, 3]
framework: SCIKIT_LEARN
cpus: 1.5
memory_bytes: 1073741824
environment:
  requirements: |
    mlflow==3.17.2
inputs:
  - path: /data/flights.csv
params: {lr: 0.10, depth: 8, shuffle: true}
seed: 7
priority: -5
env:
  OMP_NUM_THREADS: 1
)");
  EXPECT_FALSE(file.is_list);
  EXPECT_FALSE(file.array);
  const JobSpec& spec = file.jobs.at(0);
  EXPECT_EQ(spec.name, "train flights");
  EXPECT_THAT(spec.command, testing::ElementsAre("python", "train.py", "--epochs", "3"));
  EXPECT_EQ(spec.framework, Framework::kScikitLearn);
  EXPECT_EQ(spec.cpus, 1.5);
  EXPECT_EQ(spec.memory_bytes, 1 << 30);
  EXPECT_EQ(spec.environment->requirements, "mlflow==3.17.2\n");
  EXPECT_EQ(spec.inputs.at(0).path, "/data/flights.csv");
  EXPECT_EQ(spec.params.at("lr"), "0.10");
  EXPECT_EQ(spec.params.at("shuffle"), "true");
  EXPECT_EQ(spec.seed, 7);
  EXPECT_EQ(spec.priority, -5);
  EXPECT_EQ(spec.env.at("OMP_NUM_THREADS"), "1");
}

TEST(JobFileTest, QuotedTextStaysText) {
  EXPECT_EQ(ParseJobFile("name: \"12\"\ncommand: [x]").jobs.at(0).name, "12");
  EXPECT_THAT(FaultOf("name: 12\ncommand: [x]"), HasSubstr("name: "));
}

TEST(JobFileTest, AnArrayStandsBesideTheFields) {
  const JobFile file = ParseJobFile("name: a\ncommand: [x]\narray: 1-20:2\n");
  EXPECT_EQ(file.array, "1-20:2");
  EXPECT_EQ(file.jobs.at(0).name, "a");
  EXPECT_EQ(ParseJobFile("name: a\ncommand: [x]\narray: 7\n").array, "7");
  EXPECT_THAT(FaultOf("name: a\ncommand: [x]\narray: [1, 2]"), HasSubstr("array: expected a string"));
}

TEST(JobFileTest, SeveralJobsAreListedAndShareWhatAnAnchorNames) {
  const JobFile file = ParseJobFile(R"(
jobs:
  - name: prepare
    command: [python, prepare.py, 10]
    environment: &packages {requirements: numpy}
  - name: train
    command: [python, train.py]
    environment: *packages
    params: {lr: 0.10}
    env: {DEPTH: 8}
    after:
      - job: prepare
)");
  EXPECT_TRUE(file.is_list);
  ASSERT_EQ(file.jobs.size(), 2u);
  EXPECT_EQ(file.jobs[0].command.back(), "10");
  EXPECT_EQ(file.jobs[1].environment, file.jobs[0].environment);
  EXPECT_EQ(file.jobs[1].params.at("lr"), "0.10");
  EXPECT_EQ(file.jobs[1].env.at("DEPTH"), "8");
  EXPECT_EQ(file.jobs[1].after.at(0).job, "prepare");
  EXPECT_TRUE(ParseJobFile("jobs: [{name: a, command: [x]}]").is_list);
}

TEST(JobFileTest, FaultsOfAListNameTheirJob) {
  EXPECT_THAT(FaultOf("jobs: [{name: a, command: [x]}, {name: b}]"),
              HasSubstr("jobs[1].command: required field is missing"));
  EXPECT_THAT(FaultOf("jobs: [{name: a, command: [x], array: 1-3}]"),
              HasSubstr("jobs[0].array: no such field"));
  EXPECT_THAT(FaultOf("queue: nightly\njobs: [{name: a, command: [x]}]"),
              HasSubstr("queue: stands beside jobs"));
  EXPECT_THAT(FaultOf("jobs: 3"), HasSubstr("jobs: expected"));
}

TEST(JobFileTest, RefusesBadFilesWithTheFieldOrTheLine) {
  EXPECT_THAT(FaultOf("name: [a"), HasSubstr("not valid YAML"));
  EXPECT_THAT(FaultOf(""), HasSubstr("expected an object"));
  EXPECT_THAT(FaultOf("name: a\ncommand: [x]\nname: b"), HasSubstr("name: is given twice"));
  EXPECT_THAT(FaultOf("name: a\ncommand: [x]\nretry: 2"), HasSubstr("retry: no such field"));
  EXPECT_THAT(FaultOf("name: a\ncommand: [x]\ncpus: .nan"), HasSubstr("cpus: expected a finite number"));
  EXPECT_THAT(FaultOf("name: a\ncommand: [x]\ncpus: lots"), HasSubstr("cpus: expected a number"));
  EXPECT_THAT(FaultOf("name: a\ncommand: [x]\ninputs: [{path: 3}]"), HasSubstr("inputs[0].path"));
  EXPECT_THAT(FaultOf("name: !!binary aaaa\ncommand: [x]"), HasSubstr("tags are not supported"));
  EXPECT_THAT(FaultOf("name: \"\xff\"\ncommand: [x]"), HasSubstr("UTF-8"));
  EXPECT_THAT(FaultOf(std::string(kMostJobFileBytes + 1, ' ')), HasSubstr("too large"));
}

TEST(JobFileTest, DeepNestingAndMultiplyingAliasesEndInAnError) {
  EXPECT_NE(FaultOf(std::string(100'000, '[')), "accepted");
  EXPECT_NE(FaultOf("name: " + std::string(100, '[') + std::string(100, ']')), "accepted");
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 9; ++j) laughs += ", " + last;
    laughs += "]\n";
  }
  EXPECT_THAT(FaultOf(laughs), HasSubstr("too many values"));
}

}  // namespace
}  // namespace orrery::jobs
