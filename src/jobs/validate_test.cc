#include "jobs/validate.h"

#include <functional>
#include <limits>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/json.h"

namespace orrery::jobs {
namespace {

using testing::HasSubstr;

JobSpec Good() {
  JobSpec spec;
  spec.name = "train";
  spec.command = {"python", "train.py"};
  return spec;
}

const std::string kDigest = "blake3:" + std::string(64, 'a');

void ExpectRefused(const JobSpec& spec, const std::string& field, const std::string& words = "") {
  try {
    ValidateSpec(spec);
    ADD_FAILURE() << "accepted a bad " << field;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalidArgument);
    EXPECT_EQ(error.field(), field);
    EXPECT_THAT(error.what(), HasSubstr(words));
  }
}

TEST(ValidateSpecTest, AcceptsAFullSpec) {
  JobSpec spec = Good();
  spec.cpus = 0.5;
  spec.environment = EnvironmentSpec{"mlflow==3.17.2\n"};
  spec.code = CodeSpec{kDigest, "src/train.py", "0123abc", kDigest, true};
  spec.inputs = {{"/data/flights.csv", kDigest, 12}};
  spec.params = {{"lr", "0.1"}, {"layer/1 size", "8"}};
  spec.seed = 7;
  spec.timeout_seconds = 60;
  spec.env = {{"OMP_NUM_THREADS", "1"}};
  EXPECT_NO_THROW(ValidateSpec(spec));
  EXPECT_EQ(ToJson(FromJson<JobSpec>(ToJson(spec))), ToJson(spec));
}

struct Case {
  std::string field;
  std::function<void(JobSpec&)> spoil;
};

void ExpectEachRefused(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    JobSpec spec = Good();
    c.spoil(spec);
    ExpectRefused(spec, c.field);
  }
}

TEST(ValidateSpecTest, NamesTheFieldAtFault) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  ExpectEachRefused({
      {"name", [](JobSpec& s) { s.name = ""; }},
      {"name", [](JobSpec& s) { s.name = std::string(256, 'n'); }},
      {"name", [](JobSpec& s) { s.name = "a\nb"; }},
      {"name", [](JobSpec& s) { s.name = "\xff"; }},
      {"name", [](JobSpec& s) { s.name = std::string("a\0b", 3); }},
      {"command", [](JobSpec& s) { s.command.clear(); }},
      {"command", [](JobSpec& s) { s.command[0] = ""; }},
      {"command", [](JobSpec& s) { s.command.resize(1001, "x"); }},
      {"command[1]", [](JobSpec& s) { s.command[1] = std::string("a\0b", 3); }},
      {"command[1]", [](JobSpec& s) { s.command[1] = std::string((64 << 10) + 1, 'x'); }},
      {"nodes", [](JobSpec& s) { s.nodes = 0; }},
      {"gpus", [](JobSpec& s) { s.gpus = -1; }},
      {"gpu_type", [](JobSpec& s) { s.gpu_type = "H100"; }},
      {"cpus", [](JobSpec& s) { s.cpus = 0; }},
      {"cpus", [](JobSpec& s) { s.cpus = -1; }},
      {"cpus", [=](JobSpec& s) { s.cpus = nan; }},
      {"cpus", [=](JobSpec& s) { s.cpus = infinity; }},
      {"cpus", [](JobSpec& s) { s.cpus = 1e9; }},
      {"memory_bytes", [](JobSpec& s) { s.memory_bytes = 0; }},
      {"memory_bytes", [](JobSpec& s) { s.memory_bytes = int64_t{1} << 53; }},
      {"environment.requirements",
       [](JobSpec& s) { s.environment = {.requirements = std::string("a\0", 2)}; }},
      {"environment", [](JobSpec& s) { s.environment = EnvironmentSpec(); }},
  });
}

TEST(ValidateSpecTest, NamesTheFieldAtFaultInCodeInputsAndParams) {
  ExpectEachRefused({
      {"code.manifest", [](JobSpec& s) { s.code = CodeSpec{"sha256:12"}; }},
      {"code.difference", [](JobSpec& s) { s.code = CodeSpec{.manifest = kDigest, .difference = "x"}; }},
      {"code.entry", [](JobSpec& s) { s.code = CodeSpec{.manifest = kDigest, .entry = "../train.py"}; }},
      {"code.entry", [](JobSpec& s) { s.code = CodeSpec{.manifest = kDigest, .entry = "/etc/passwd"}; }},
      {"code.entry", [](JobSpec& s) { s.code = CodeSpec{.manifest = kDigest, .entry = "a//b"}; }},
      {"code.commit", [](JobSpec& s) { s.code = CodeSpec{.manifest = kDigest, .commit = "HEAD"}; }},
      {"inputs[1].path",
       [](JobSpec& s) {
         s.inputs = {{"/a"}, {"relative"}};
       }},
      {"inputs[0].digest",
       [](JobSpec& s) {
         s.inputs = {{"/a", "md5"}};
       }},
      {"inputs[0].size",
       [](JobSpec& s) {
         s.inputs = {{"/a", kDigest, -1}};
       }},
      {"inputs", [](JobSpec& s) { s.inputs.resize(10'001, {"/a"}); }},
      {"params",
       [](JobSpec& s) {
         s.params = {{"", "1"}};
       }},
      {"params",
       [](JobSpec& s) {
         s.params = {{"a;b", "1"}};
       }},
      {"params.lr",
       [](JobSpec& s) {
         s.params = {{"lr", std::string(6'001, '1')}};
       }},
      {"params",
       [](JobSpec& s) {
         for (int i = 0; i < 1'001; ++i) s.params["p" + std::to_string(i)] = "1";
       }},
      {"params",
       [](JobSpec& s) {
         for (int i = 0; i < 20; ++i) s.params["p" + std::to_string(i)].assign(5'000, 'x');
       }},
  });
}

TEST(ValidateSpecTest, NamesTheFieldAtFaultOfARunAndItsEnvironment) {
  ExpectEachRefused({
      {"seed", [](JobSpec& s) { s.seed = -1; }},
      {"seed", [](JobSpec& s) { s.seed = int64_t{1} << 53; }},
      {"experiment", [](JobSpec& s) { s.experiment = ""; }},
      {"run_name", [](JobSpec& s) { s.run_name = std::string(501, 'r'); }},
      {"queue", [](JobSpec& s) { s.queue = "a/b"; }},
      {"priority", [](JobSpec& s) { s.priority = 1'001; }},
      {"timeout_seconds", [](JobSpec& s) { s.timeout_seconds = 0; }},
      {"env",
       [](JobSpec& s) {
         s.env = {{"A=B", "1"}};
       }},
      {"env",
       [](JobSpec& s) {
         s.env = {{"", "1"}};
       }},
      {"env.1A",
       [](JobSpec& s) {
         s.env = {{"1A", "1"}};
       }},
      {"env.A",
       [](JobSpec& s) {
         s.env = {{"A", std::string("\0", 1)}};
       }},
      {"env.MLFLOW_RUN_ID",
       [](JobSpec& s) {
         s.env = {{"MLFLOW_RUN_ID", "x"}};
       }},
      {"env.ORRERY_JOB_ID",
       [](JobSpec& s) {
         s.env = {{"ORRERY_JOB_ID", "x"}};
       }},
  });
}

TEST(ValidateSpecTest, NamesTheFieldAtFaultOfRetriesAndOrder) {
  ExpectEachRefused({
      {"retries", [](JobSpec& s) { s.retries = -1; }},
      {"retries", [](JobSpec& s) { s.retries = 101; }},
      {"retry_delay_seconds", [](JobSpec& s) { s.retry_delay_seconds = -1; }},
      {"retry_delay_seconds", [](JobSpec& s) { s.retry_delay_seconds = 86'401; }},
      {"grace_seconds", [](JobSpec& s) { s.grace_seconds = -1; }},
      {"grace_seconds", [](JobSpec& s) { s.grace_seconds = 86'401; }},
      {"after[0].job", [](JobSpec& s) { s.after = {{""}}; }},
      {"after[1].job",
       [](JobSpec& s) {
         s.after = {{"a1"}, {"a1", AfterCondition::kAnyEnd}};
       }},
      {"after", [](JobSpec& s) { s.after.resize(1'001, {"a1"}); }},
      {"group", [](JobSpec& s) { s.group = ""; }},
      {"group", [](JobSpec& s) { s.group = "a/b"; }},
      {"group", [](JobSpec& s) { s.group = ".."; }},
      {"group", [](JobSpec& s) { s.group = std::string(65, 'g'); }},
  });
}

TEST(ValidateSpecTest, SaysTheValueAndWhatWouldBeRight) {
  JobSpec spec = Good();
  spec.priority = 5'000;
  ExpectRefused(spec, "priority", "expected -1000 to 1000, got 5000");
}

TEST(ValidateSpecTest, UnknownEnumValuesAndFieldsAreRefusedWithTheirNames) {
  const auto field_of = [](const std::string& json) {
    try {
      FromJson<JobSpec>(json);
    } catch (const Error& error) {
      return error.field();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(field_of(R"({"name":"a","command":["b"],"framework":"COBOL"})"), "framework");
  EXPECT_EQ(field_of(R"({"name":"a","command":["b"],"retry":3})"), "retry");
  EXPECT_EQ(field_of(R"({"name":"a","command":["b"],"after":[{"job":"a1","on":"FAILURE"}]})"), "after[0].on");
  EXPECT_EQ(field_of(R"({"name":"a","command":["b"],"after":[{"on":"SUCCESS"}]})"), "after[0].job");
  EXPECT_EQ(field_of(R"({"name":"a","command":["b"],"nodes":1.5})"), "nodes");
  EXPECT_EQ(field_of(R"({"name":"a","command":"b"})"), "command");
  EXPECT_EQ(field_of(R"({"command":["b"]})"), "name");
}

TEST(WhyNeverTest, SaysWhatIsMissing) {
  const std::vector<ExecutorNode> one = {{"here", 2, 4LL << 30, {}}};
  JobSpec spec = Good();
  EXPECT_EQ(WhyNever(spec, one), std::nullopt);
  spec.cpus = 2;
  spec.memory_bytes = 4LL << 30;
  EXPECT_EQ(WhyNever(spec, one), std::nullopt);
  spec.gpus = 8;
  EXPECT_EQ(WhyNever(spec, one), "needs 8 GPUs; this machine has 0");
  spec.gpu_type = "H100";
  spec.cpus = 2.001;
  spec.memory_bytes = 6LL << 30;
  EXPECT_EQ(
      WhyNever(spec, one),
      "needs 8 GPUs of type H100; this machine has 0; needs 2.001 CPUs; this machine has 2; needs 6 GiB of "
      "memory; this machine has 4 GiB");
  JobSpec typed = Good();
  typed.gpus = 2;
  const ExecutorNode mixed = {"here", 2, 4LL << 30, {{"0", "A100"}, {"1", "H100"}, {"2", "H100"}}};
  EXPECT_EQ(WhyNever(typed, {mixed}), std::nullopt);
  typed.gpu_type = "A100";
  EXPECT_EQ(WhyNever(typed, {mixed}), "needs 2 GPUs of type A100; this machine has 1");
  typed.gpu_type = "H100";
  EXPECT_EQ(WhyNever(typed, {mixed}), std::nullopt);
  JobSpec gang = Good();
  gang.nodes = 2;
  EXPECT_EQ(WhyNever(gang, one), "needs 2 machines at once; there is 1");
  gang.cpus = 2;
  EXPECT_EQ(WhyNever(gang, {{"a", 2, 4LL << 30, {}}, {"b", 1, 4LL << 30, {}}}),
            "needs 2 machines with all of this at once; 1 has it");
  EXPECT_EQ(WhyNever(gang, {{"a", 2, 4LL << 30, {}}, {"b", 2, 4LL << 30, {}}}), std::nullopt);
}

}  // namespace
}  // namespace orrery::jobs
