#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/described.h"

/// What a user asks for. The same type is read from JSON, from a YAML job file and from the command line's
/// flags, and is kept with the job.
namespace orrery::jobs {

/// What the script is written with.
enum class Framework { kPython, kScikitLearn, kPytorch, kXgboost, kLightgbm };
BOOST_DESCRIBE_ENUM(Framework, kPython, kScikitLearn, kPytorch, kXgboost, kLightgbm)

/// What the command finds installed: exactly one of these.
struct EnvironmentSpec {
  std::optional<std::string> requirements;
  std::optional<std::string> lock;

  static constexpr FieldDoc kDocs[] = {
      {"requirements",
       "Text of a pip requirements file. A virtual environment with these packages is made once, "
       "kept, and leads PATH."},
      {"lock", "The same with every package pinned and hashed: installed as it stands, or not at all."},
  };

  bool operator==(const EnvironmentSpec&) const = default;
};
BOOST_DESCRIBE_STRUCT(EnvironmentSpec, (), (requirements, lock))

struct CodeSpec {
  std::string manifest;
  std::optional<std::string> entry;
  std::optional<std::string> commit;
  std::optional<std::string> difference;
  std::optional<bool> dirty;

  static constexpr std::string_view kRequired[] = {"manifest"};
  static constexpr FieldDoc kDocs[] = {
      {"manifest",
       "Digest of the manifest whose files are laid out in the working directory; upload them first."},
      {"entry", "The script among them, relative: names the source of the run."},
      {"commit", "The git commit that the code is based on."},
      {"difference", "Digest of the uncommitted difference to that commit."},
      {"dirty", "Whether there were uncommitted changes or untracked files."},
  };
};
BOOST_DESCRIBE_STRUCT(CodeSpec, (), (manifest, entry, commit, difference, dirty))

struct InputSpec {
  std::string path;
  std::optional<std::string> digest;
  std::optional<int64_t> size;

  static constexpr std::string_view kRequired[] = {"path"};
  static constexpr FieldDoc kDocs[] = {
      {"path", "Absolute path of a file on the server's machine."},
      {"digest", "BLAKE3 of its content, filled in at submit; one given must match."},
      {"size", "Its size in bytes, filled in at submit; one given must match."},
  };
};
BOOST_DESCRIBE_STRUCT(InputSpec, (), (path, digest, size))

struct JobSpec {
  std::string name;
  std::vector<std::string> command;
  std::optional<Framework> framework;
  int nodes = 1;
  int gpus = 0;
  std::optional<std::string> gpu_type;
  double cpus = 1;
  int64_t memory_bytes = 512LL << 20;
  std::optional<EnvironmentSpec> environment;
  std::optional<CodeSpec> code;
  std::vector<InputSpec> inputs;
  std::map<std::string, std::string> params;
  std::optional<int64_t> seed;
  std::optional<std::string> experiment;
  std::optional<std::string> run_name;
  std::string queue = "default";
  int priority = 0;
  std::optional<int64_t> timeout_seconds;
  std::map<std::string, std::string> env;
  std::optional<std::string> reproduces;

  static constexpr std::string_view kRequired[] = {"name", "command"};
  static constexpr FieldDoc kDocs[] = {
      {"name", "What people call the job: 1 to 255 bytes."},
      {"command", "The program and its arguments, run in the working directory without a shell."},
      {"framework", "What the script is written with; becomes the run's tag orrery.framework."},
      {"nodes", "How many machines the job needs at once; all or none are given."},
      {"gpus", "GPUs on each machine."},
      {"gpu_type", "The type those GPUs must be of, such as H100."},
      {"cpus", "CPUs on each machine; fractions to 0.001 are allowed."},
      {"memory_bytes", "Memory on each machine."},
      {"environment", "The packages that the command needs."},
      {"code", "The files that are laid out in the working directory; none: it starts empty."},
      {"inputs", "Files that the result depends on: their content is hashed at submit and kept on record."},
      {"params", "Logged to the run as its params, and given to the command as JSON in ORRERY_PARAMS."},
      {"seed", "Given to the command in ORRERY_SEED and PYTHONHASHSEED."},
      {"experiment", "Name of the run's experiment, created when absent; none: Default."},
      {"run_name", "The run's name; none: the job's."},
      {"queue", "The queue that the job waits in."},
      {"priority", "Higher starts first, from -1000 to 1000."},
      {"timeout_seconds", "The command is ended when it runs longer."},
      {"env", "Environment variables for the command."},
      {"reproduces", "The run that this job runs again; becomes its run's tag orrery.reproduces."},
  };
};
BOOST_DESCRIBE_STRUCT(JobSpec, (),
                      (name, command, framework, nodes, gpus, gpu_type, cpus, memory_bytes, environment, code,
                       inputs, params, seed, experiment, run_name, queue, priority, timeout_seconds, env,
                       reproduces))

}  // namespace orrery::jobs
