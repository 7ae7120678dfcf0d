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
  const JobSpec spec = ParseJobFile(R"(
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
  EXPECT_EQ(ParseJobFile("name: \"12\"\ncommand: [x]").name, "12");
  EXPECT_THAT(FaultOf("name: 12\ncommand: [x]"), HasSubstr("name: "));
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
