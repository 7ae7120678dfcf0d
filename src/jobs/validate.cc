#include "jobs/validate.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "jobs/environment_spec.h"
#include "jobs/internal/checks.h"

namespace orrery::jobs {
namespace {

using internal::CheckName;
using internal::CheckRange;
using internal::CheckText;
using internal::CheckToken;
using internal::IsToken;

constexpr int64_t kExactInteger = (int64_t{1} << 53) - 1;  // what every JSON reader keeps exactly
constexpr int64_t kLeastMemory = 1 << 20;
constexpr std::string_view kInQueueNames = "-.";
constexpr size_t kLongestQueueName = 64;
constexpr size_t kMostArguments = 1'000;
constexpr size_t kMostText = 64 << 10;  // the kernel takes 128 KiB in one argument or variable
constexpr size_t kMostEnvironment = 1 << 20;
constexpr size_t kMostInputs = 10'000;
constexpr size_t kMostParams = 1'000;
constexpr size_t kMostVariables = 1'000;
constexpr size_t kMostAfter = 1'000;
constexpr int64_t kDay = 86'400;

std::string Number(double value) {
  std::string text;
  JsonWriter(text).Double(value);
  return text;
}

void CheckCommand(const JobSpec& spec) {
  if (spec.command.empty() || spec.command[0].empty()) {
    throw InvalidField("command", "must name a program: a list such as [\"python\", \"train.py\"]");
  }
  if (spec.command.size() > kMostArguments) {
    throw InvalidField("command", "too long: at most " + std::to_string(kMostArguments) + " arguments, got " +
                                      std::to_string(spec.command.size()));
  }
  for (size_t i = 0; i < spec.command.size(); ++i) {
    CheckText("command[" + std::to_string(i) + "]", spec.command[i], kMostText);
  }
}

void CheckAmounts(const JobSpec& spec) {
  CheckRange("nodes", spec.nodes, 1, 10'000);
  CheckRange("gpus", spec.gpus, 0, 1'024);
  if (!(spec.cpus >= 0.001 && spec.cpus <= 100'000)) {
    throw InvalidField("cpus", "expected 0.001 to 100000, got " + Number(spec.cpus));
  }
  CheckRange("memory_bytes", spec.memory_bytes, kLeastMemory, kExactInteger);
  if (spec.gpu_type) {
    CheckToken("gpu_type", *spec.gpu_type, "-. ", 64);
    if (spec.gpus == 0) throw InvalidField("gpu_type", "needs gpus of at least 1, got gpus 0");
  }
  if (spec.seed) CheckRange("seed", *spec.seed, int64_t{0}, kExactInteger);
  CheckRange("priority", spec.priority, -1'000, 1'000);
  if (spec.timeout_seconds) {
    CheckRange("timeout_seconds", *spec.timeout_seconds, int64_t{1}, 10 * 366 * kDay);
  }
  CheckRange("retries", spec.retries, 0, 100);
  CheckRange("retry_delay_seconds", spec.retry_delay_seconds, int64_t{0}, kDay);
  CheckRange("grace_seconds", spec.grace_seconds, int64_t{0}, kDay);
}

void CheckAfter(const std::vector<AfterSpec>& after) {
  if (after.size() > kMostAfter) {
    throw InvalidField(
        "after", "too many: at most " + std::to_string(kMostAfter) + ", got " + std::to_string(after.size()));
  }
  std::set<std::string> seen;
  for (size_t i = 0; i < after.size(); ++i) {
    const std::string field = "after[" + std::to_string(i) + "].job";
    CheckToken(field, after[i].job, "-", 255);
    if (!seen.insert(after[i].job).second)
      throw InvalidField(field, "is named twice: " + Quoted(after[i].job));
  }
}

void CheckGroup(const std::string& group) {
  CheckToken("group", group, "-.", 64);
  if (group.front() == '.' || group.front() == '-')
    throw InvalidField("group", "must begin with a letter, a digit or '_', got " + Quoted(group));
}

void CheckRelativePath(const std::string& field, const std::string& path) {
  CheckText(field, path, 4'096);
  bool right = !path.empty() && path.front() != '/' && path.find('\\') == std::string::npos;
  for (size_t begin = 0; right && begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = std::string_view(path).substr(begin, end - begin);
    right = !part.empty() && part != "." && part != "..";
    begin = end + 1;
  }
  if (!right) {
    throw InvalidField(field,
                       "expected a relative path without '.', '..' and empty parts, got " + Quoted(path));
  }
}

void CheckCode(const CodeSpec& code) {
  Digest::Parse(code.manifest, "code.manifest");
  if (code.difference) Digest::Parse(*code.difference, "code.difference");
  if (code.entry) CheckRelativePath("code.entry", *code.entry);
  if (code.commit) {
    const bool hex = code.commit->size() >= 7 && code.commit->size() <= 64 &&
                     code.commit->find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!hex) throw InvalidField("code.commit", "expected 7 to 64 hex digits, got " + Quoted(*code.commit));
  }
}

void CheckInputs(const std::vector<InputSpec>& inputs) {
  if (inputs.size() > kMostInputs) {
    throw InvalidField("inputs", "too many: at most " + std::to_string(kMostInputs) + ", got " +
                                     std::to_string(inputs.size()));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string field = "inputs[" + std::to_string(i) + "]";
    const InputSpec& input = inputs[i];
    CheckText(field + ".path", input.path, 4'096);
    if (input.path.empty() || input.path.front() != '/') {
      throw InvalidField(field + ".path", "expected an absolute path, got " + Quoted(input.path));
    }
    if (input.digest) Digest::Parse(*input.digest, field + ".digest");
    if (input.size) CheckRange(field + ".size", *input.size, int64_t{0}, kExactInteger);
  }
}

void CheckParams(const JobSpec& spec) {
  if (spec.params.size() > kMostParams) {
    throw InvalidField("params", "too many: at most " + std::to_string(kMostParams) + ", got " +
                                     std::to_string(spec.params.size()));
  }
  for (const auto& [key, value] : spec.params) {
    CheckToken("params", key, "-. :/", 250);
    CheckText("params." + key, value, 6'000);
  }
  if (ToJson(spec.params).size() > kMostText) {
    throw InvalidField("params", "too long: at most " + std::to_string(kMostText) + " bytes as JSON");
  }
}

void CheckEnv(const JobSpec& spec) {
  if (spec.env.size() > kMostVariables) {
    throw InvalidField("env", "too many: at most " + std::to_string(kMostVariables) + ", got " +
                                  std::to_string(spec.env.size()));
  }
  for (const auto& [name, value] : spec.env) {
    CheckToken("env", name, "", 255);
    const std::string field = "env." + name;
    if (name[0] >= '0' && name[0] <= '9') throw InvalidField(field, "a variable must not begin with a digit");
    const bool ours = name.starts_with("ORRERY_") || name == "MLFLOW_TRACKING_URI" ||
                      name == "MLFLOW_RUN_ID" || name == "MLFLOW_EXPERIMENT_ID";
    if (ours) throw InvalidField(field, "is set by the server for every job: leave it out");
    CheckText(field, value, kMostText);
  }
}

}  // namespace

void ValidateSpec(const JobSpec& spec) {
  CheckName("name", spec.name, 255);
  CheckCommand(spec);
  CheckAmounts(spec);
  if (spec.environment) {
    const ChosenEnvironment chosen = Chosen(*spec.environment);
    CheckText("environment." + std::string(chosen.field), chosen.text, kMostEnvironment);
    ValidateEnvironment(*spec.environment);
  }
  if (spec.code) CheckCode(*spec.code);
  CheckInputs(spec.inputs);
  CheckParams(spec);
  if (spec.experiment) CheckName("experiment", *spec.experiment, 500);
  if (spec.run_name) CheckName("run_name", *spec.run_name, 500);
  CheckToken("queue", spec.queue, kInQueueNames, kLongestQueueName);
  if (spec.reproduces) CheckToken("reproduces", *spec.reproduces, "-", 64);
  CheckAfter(spec.after);
  if (spec.group) CheckGroup(*spec.group);
  CheckEnv(spec);
}

bool IsQueueName(std::string_view name) {
  return IsToken(name, kInQueueNames, kLongestQueueName);
}

}  // namespace orrery::jobs
