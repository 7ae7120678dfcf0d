#include "jobs/validate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "jobs/amounts.h"
#include "jobs/environment_spec.h"

namespace orrery::jobs {
namespace {

constexpr int64_t kExactInteger = (int64_t{1} << 53) - 1;  // what every JSON reader keeps exactly
constexpr int64_t kLeastMemory = 1 << 20;
constexpr size_t kMostArguments = 1'000;
constexpr size_t kMostText = 64 << 10;  // the kernel takes 128 KiB in one argument or variable
constexpr size_t kMostEnvironment = 1 << 20;
constexpr size_t kMostInputs = 10'000;
constexpr size_t kMostParams = 1'000;
constexpr size_t kMostVariables = 1'000;

std::string Number(double value) {
  std::string text;
  JsonWriter(text).Double(value);
  return text;
}

/// Text without NUL, well-formed and of a bounded length.
void CheckText(const std::string& field, const std::string& text, size_t most) {
  if (text.size() > most) {
    throw InvalidField(
        field, "too long: at most " + std::to_string(most) + " bytes, got " + std::to_string(text.size()));
  }
  if (text.find('\0') != std::string::npos) throw InvalidField(field, "must not contain a NUL character");
  if (!IsUtf8(text)) throw InvalidField(field, "must be valid UTF-8, got " + Quoted(text));
}

/// A name that people read in one line.
void CheckName(const std::string& field, const std::string& name, size_t most) {
  if (name.empty()) throw InvalidField(field, "must not be empty");
  CheckText(field, name, most);
  const bool control =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (control) throw InvalidField(field, "must not contain control characters, got " + Quoted(name));
}

template <typename T>
void CheckRange(const std::string& field, T value, T least, T most) {
  if (value < least || value > most) {
    throw InvalidField(field, "expected " + std::to_string(least) + " to " + std::to_string(most) + ", got " +
                                  std::to_string(value));
  }
}

bool IsWordCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

void CheckToken(const std::string& field, const std::string& text, std::string_view also, size_t most) {
  const bool right =
      !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [&](char c) {
        return IsWordCharacter(c) || also.find(c) != std::string_view::npos;
      });
  if (!right) {
    throw InvalidField(field, "expected 1 to " + std::to_string(most) + " letters, digits or any of '_" +
                                  std::string(also) + "', got " + Quoted(text));
  }
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
    CheckRange("timeout_seconds", *spec.timeout_seconds, int64_t{1}, int64_t{10} * 366 * 86'400);
  }
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

/// How many GPUs of one type `node` has: of `type`, or of the type that it has most of.
int64_t GpusOfOneType(const ExecutorNode& node, const std::optional<std::string>& type) {
  std::map<std::string, int64_t> counts;
  for (const GpuDevice& gpu : node.gpus) ++counts[gpu.type];
  if (type) return counts[*type];
  int64_t most = 0;
  for (const auto& [name, count] : counts) most = std::max(most, count);
  return most;
}

/// Adds to `text`, with the word that joins two reasons.
void AddReason(std::string& text, const std::string& reason) {
  if (!text.empty()) text += "; ";
  text += reason;
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
  CheckToken("queue", spec.queue, "-.", 64);
  if (spec.reproduces) CheckToken("reproduces", *spec.reproduces, "-", 64);
  CheckEnv(spec);
}

Resources ResourcesOf(const ExecutorNode& node) {
  // Rounded down: a machine never has more than it says.
  return {.millicpus = static_cast<int64_t>(std::floor(node.cpus * 1000 + 1e-6)),
          .memory_bytes = node.memory_bytes,
          .gpus = static_cast<int64_t>(node.gpus.size())};
}

NodeResources CapacityOf(const ExecutorNode& node) {
  const Resources sum = ResourcesOf(node);
  NodeResources capacity{.millicpus = sum.millicpus, .memory_bytes = sum.memory_bytes, .gpus = {}};
  for (const GpuDevice& gpu : node.gpus) ++capacity.gpus[gpu.type];
  return capacity;
}

Resources NeedOf(const JobSpec& spec) {
  return {.millicpus = Resources::MilliCpus(spec.cpus), .memory_bytes = spec.memory_bytes, .gpus = spec.gpus};
}

std::optional<std::string> WhyNever(const JobSpec& spec, const std::vector<ExecutorNode>& nodes) {
  const Resources need = NeedOf(spec);
  Resources most;
  int enough = 0;
  for (const ExecutorNode& node : nodes) {
    Resources total = ResourcesOf(node);
    total.gpus = GpusOfOneType(node, spec.gpu_type);
    most.millicpus = std::max(most.millicpus, total.millicpus);
    most.memory_bytes = std::max(most.memory_bytes, total.memory_bytes);
    most.gpus = std::max(most.gpus, total.gpus);
    if (total.Covers(need)) ++enough;
  }
  const std::string where = nodes.size() == 1 ? "this machine has " : "the largest machine has ";
  std::string why;
  if (need.gpus > most.gpus) {
    const std::string type = spec.gpu_type ? " of type " + *spec.gpu_type : "";
    AddReason(why, "needs " + GpuText(need.gpus) + type + "; " + where + std::to_string(most.gpus));
  }
  if (need.millicpus > most.millicpus) {
    AddReason(why, "needs " + CpuText(need.millicpus) + "; " + where + CpuNumber(most.millicpus));
  }
  if (need.memory_bytes > most.memory_bytes) {
    AddReason(why, "needs " + MemoryText(need.memory_bytes) + " of memory; " + where +
                       MemoryText(most.memory_bytes));
  }
  if (spec.nodes > static_cast<int>(nodes.size())) {
    AddReason(why, "needs " + std::to_string(spec.nodes) + " machines at once; there " +
                       (nodes.size() == 1 ? "is 1" : "are " + std::to_string(nodes.size())));
  }
  if (why.empty() && spec.nodes > enough) {
    why = "needs " + std::to_string(spec.nodes) + " machines with all of this at once; " +
          std::to_string(enough) + (enough == 1 ? " has" : " have") + " it";
  }
  if (why.empty()) return std::nullopt;
  return why;
}

}  // namespace orrery::jobs
