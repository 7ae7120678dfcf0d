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
  std::optional<std::string> conda;
  std::optional<std::string> image;

  static constexpr FieldDoc kDocs[] = {
      {"requirements",
       "Text of a pip requirements file. A virtual environment with these packages is made once, "
       "kept, and leads PATH."},
      {"lock", "The same with every package pinned and hashed: installed as it stands, or not at all."},
      {"conda",
       "Text of an environment.yml, or of a list of exact packages (@EXPLICIT), for micromamba, conda or "
       "mamba."},
      {"image",
       "A container image with its registry, by tag or digest: docker.io/library/python:3.11. The command "
       "finds "
       "its files instead of the machine's."},
  };

  bool operator==(const EnvironmentSpec&) const = default;
};
BOOST_DESCRIBE_STRUCT(EnvironmentSpec, (), (requirements, lock, conda, image))

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

/// What has to have become of a job before one that runs after it may start.
enum class AfterCondition { kSuccess, kAnyEnd };
BOOST_DESCRIBE_ENUM(AfterCondition, kSuccess, kAnyEnd)

struct AfterSpec {
  std::string job;
  AfterCondition on = AfterCondition::kSuccess;

  static constexpr std::string_view kRequired[] = {"job"};
  static constexpr FieldDoc kDocs[] = {
      {"job", "The id of a job; in a batch also the name of another job of it."},
      {"on",
       "SUCCESS: it must succeed, and if it ends otherwise this job is cancelled. ANY_END: it must have "
       "ended."},
  };
  bool operator==(const AfterSpec&) const = default;
};
BOOST_DESCRIBE_STRUCT(AfterSpec, (), (job, on))

/// What tells a command to end, so that it can write a checkpoint first.
enum class CheckpointSignal { kTerm, kInt, kUsr1, kUsr2, kHup };
BOOST_DESCRIBE_ENUM(CheckpointSignal, kTerm, kInt, kUsr1, kUsr2, kHup)

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
  int retries = 0;
  int64_t retry_delay_seconds = 10;
  std::vector<AfterSpec> after;
  std::optional<std::string> group;
  int64_t grace_seconds = 10;
  CheckpointSignal checkpoint_signal = CheckpointSignal::kTerm;
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
      {"timeout_seconds", "An attempt is ended when its command runs longer."},
      {"retries",
       "How many more attempts the job gets when one fails: by its exit code, a signal, running out of "
       "memory, "
       "its timeout or being lost. 0 to 100."},
      {"retry_delay_seconds",
       "The pause before the first retry, 0 to 86400; it doubles with each further one, up to an hour."},
      {"after", "Other jobs that this one starts after; until then it is PENDING."},
      {"group",
       "Jobs of one group can be listed and cancelled together: 1 to 64 letters, digits, '_', '-' or '.'."},
      {"grace_seconds",
       "How long the command may take to end when it is told to, before SIGKILL: 0 to 86400."},
      {"checkpoint_signal",
       "What tells it to end, on cancel, timeout and preemption: TERM, INT, USR1, USR2 or HUP."},
      {"env", "Environment variables for the command."},
      {"reproduces", "The run that this job runs again; becomes its run's tag orrery.reproduces."},
  };
};
BOOST_DESCRIBE_STRUCT(JobSpec, (),
                      (name, command, framework, nodes, gpus, gpu_type, cpus, memory_bytes, environment, code,
                       inputs, params, seed, experiment, run_name, queue, priority, timeout_seconds, retries,
                       retry_delay_seconds, after, group, grace_seconds, checkpoint_signal, env, reproduces))

}  // namespace orrery::jobs
