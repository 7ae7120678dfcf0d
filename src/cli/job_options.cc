#include "cli/job_options.h"

#include <charconv>
#include <cmath>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "jobs/job_file.h"
#include "jobs/requirement_lines.h"
#include "server/config.h"

namespace orrery::cli {
namespace {

/// "key=value" into `out`, where the last one wins.
void AddPairs(const std::vector<std::string>& pairs, std::string_view flag,
              std::map<std::string, std::string>& out) {
  for (const std::string& pair : pairs) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw InvalidField(flag, "expected KEY=VALUE, got " + Quoted(pair));
    out[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
}

std::string BaseName(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

/// How a script is run, by its ending; one that says itself how to be run is executed.
std::vector<std::string> CommandFor(const std::string& script, FileSystem& files, const std::string& folder) {
  if (!files.Exists(folder + "/" + script)) {
    throw InvalidField("script",
                       "there is no " + Quoted(script) + " in " + folder +
                           " (give a path below the --workdir; a command goes behind --, as in: orrery "
                           "submit -- python -m package)");
  }
  if (script.ends_with(".py")) return {"python3", script};
  if (script.ends_with(".sh")) return {"sh", script};
  if ((files.Stat(folder + "/" + script).mode & 0100) != 0) return {"./" + script};
  throw InvalidField("script", "neither .py nor .sh nor executable: " + script);
}

/// A file that the user names.
std::string ReadNamed(const std::string& path, FileSystem& files, std::string_view flag) {
  constexpr uint64_t kMostBytes = 1 << 20;
  try {
    return files.ReadAll(server::AbsolutePath(path), kMostBytes);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    throw InvalidField(flag, "no such file: " + path);
  }
}

/// The job file; its faults name it too.
jobs::JobFile JobFileOf(const std::string& path, FileSystem& files) {
  try {
    return jobs::ParseJobFile(ReadNamed(path, files, "--file"));
  } catch (const Error& error) {
    if (error.field() == "--file") throw;
    throw Error(error.code(), path + ": " + error.what(), error.field());
  }
}

void SetCommand(const JobOptions& options, FileSystem& files, const std::string& folder,
                jobs::JobSpec& spec) {
  if (options.words.empty()) return;
  std::vector<std::string> words = options.words;
  if (words.front() == "--") {
    words.erase(words.begin());
    if (words.empty()) throw InvalidField("command", "nothing follows --");
    spec.command = words;
  } else {
    if (options.no_code) {
      throw InvalidField("--no-code", "leaves the script behind as well: give a command behind --, got " +
                                          Quoted(words.front()));
    }
    spec.command = CommandFor(words.front(), files, folder);
    spec.command.insert(spec.command.end(), words.begin() + 1, words.end());
  }
  if (spec.name.empty()) spec.name = BaseName(words.front());
}

template <typename E>
E ParseChoice(const std::string& text, std::string_view flag) {
  const auto value = EnumFromName<E>(text);
  if (!value) throw InvalidField(flag, "expected " + EnumChoices<E>() + ", got " + Quoted(text));
  return *value;
}

void SetAttempts(const JobOptions& options, jobs::JobSpec& spec) {
  if (options.timeout) spec.timeout_seconds = *options.timeout;
  if (options.retries) spec.retries = *options.retries;
  if (options.retry_delay) spec.retry_delay_seconds = *options.retry_delay;
  if (options.grace) spec.grace_seconds = *options.grace;
  if (!options.checkpoint_signal.empty()) {
    spec.checkpoint_signal =
        ParseChoice<jobs::CheckpointSignal>(options.checkpoint_signal, "--checkpoint-signal");
  }
  for (const std::string& job : options.after) spec.after.push_back({job, jobs::AfterCondition::kSuccess});
  for (const std::string& job : options.after_any) spec.after.push_back({job, jobs::AfterCondition::kAnyEnd});
  if (!options.group.empty()) spec.group = options.group;
}

void SetResources(const JobOptions& options, jobs::JobSpec& spec) {
  if (options.cpus) spec.cpus = *options.cpus;
  if (options.gpus) spec.gpus = *options.gpus;
  if (options.nodes) spec.nodes = *options.nodes;
  if (options.priority) spec.priority = *options.priority;
  if (options.seed) spec.seed = *options.seed;
  if (!options.memory.empty()) spec.memory_bytes = ParseSize(options.memory, "--memory");
  if (!options.gpu_type.empty()) spec.gpu_type = options.gpu_type;
  if (!options.queue.empty()) spec.queue = options.queue;
}

/// The text of a requirements file as it has to be in `folder`, where the job looks for what it includes.
std::string ReadRequirements(const std::string& path, FileSystem& files, const std::string& folder,
                             std::string_view flag) {
  const std::string text = ReadNamed(path, files, flag);
  const std::string beside = ParentOf(server::AbsolutePath(path));
  if (!beside.starts_with(folder + "/")) return text;
  return jobs::MovedOutOf(std::string_view(beside).substr(folder.size() + 1), text);
}

void SetRun(const JobOptions& options, jobs::JobSpec& spec) {
  if (!options.experiment.empty()) spec.experiment = options.experiment;
  if (!options.run_name.empty()) spec.run_name = options.run_name;
  if (!options.framework.empty())
    spec.framework = ParseChoice<jobs::Framework>(options.framework, "--framework");
  AddPairs(options.params, "--param", spec.params);
}

/// What only one job can be given.
void RefuseForList(const JobOptions& options) {
  const auto refuse = [&](std::string_view flag, const std::string& value) {
    if (!value.empty())
      throw InvalidField(flag, "is for one job, and " + options.file + " lists several: " + Quoted(value));
  };
  refuse("--name", options.name);
  refuse("--array", options.array);
  refuse("command", options.words.empty() ? "" : options.words.front());
}

/// Flags win over the job file as a whole: its kind of environment may be another.
void SetEnvironment(const JobOptions& options, FileSystem& files, const std::string& folder,
                    jobs::JobSpec& spec) {
  jobs::EnvironmentSpec asked;
  if (!options.requirements.empty())
    asked.requirements = ReadRequirements(options.requirements, files, folder, "--requirements");
  if (!options.lock.empty()) asked.lock = ReadRequirements(options.lock, files, folder, "--lock");
  if (!options.conda.empty()) asked.conda = ReadNamed(options.conda, files, "--conda");
  if (!options.image.empty()) asked.image = options.image;
  if (asked != jobs::EnvironmentSpec()) spec.environment = asked;
}

}  // namespace

int64_t ParseSize(const std::string& text, std::string_view flag) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, fault] = std::from_chars(text.data(), end, number);
  std::string unit(stopped, end);
  while (unit.starts_with(' ')) unit.erase(0, 1);
  const auto factor = [&]() -> double {
    for (char& c : unit) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (unit.empty() || unit == "B") return 1;
    const std::string rest = unit.substr(1);
    const size_t power = std::string_view("KMGT").find(unit[0]);
    if (power == std::string_view::npos || (!rest.empty() && rest != "I" && rest != "IB" && rest != "B"))
      return 0;
    return std::pow(1024.0, static_cast<double>(power + 1));
  }();
  const double bytes = number * factor;
  if (fault != std::errc() || factor == 0 || !(bytes >= 1) || bytes >= 0x1p53) {
    throw InvalidField(flag, "expected a size like 512MiB or 2GiB, got " + Quoted(text));
  }
  return static_cast<int64_t>(bytes);
}

void AddJobOptions(CLI::App& submit, JobOptions& options) {
  const auto add = [&](const char* flag, auto& value, const char* type, const char* description) {
    submit.add_option(flag, value, description)->type_name(type)->allow_extra_args(false);
  };
  add("-f,--file", options.file, "FILE", "Job file (YAML); flags win over it.");
  add("--name", options.name, "NAME", "What people call the job [default: the script's name].");
  add("--experiment", options.experiment, "NAME", "Experiment of the run; created when absent.");
  add("--run-name", options.run_name, "NAME", "Name of the run.");
  add("--cpus", options.cpus, "N", "CPUs; fractions are fine [default 1].");
  add("--memory", options.memory, "SIZE", "Memory, like 2GiB [default 512MiB].");
  add("--gpus", options.gpus, "N", "GPUs [default 0].");
  add("--gpu-type", options.gpu_type, "TYPE", "Type of GPU, like H100.");
  add("--nodes", options.nodes, "N", "Machines, all at once [default 1].");
  add("--requirements", options.requirements, "FILE",
      "Requirements file: its packages are installed once, and kept.");
  add("--lock", options.lock, "FILE", "Requirements file with every package pinned and hashed.");
  add("--conda", options.conda, "FILE", "Conda's environment.yml, or a list of exact packages.");
  add("--image", options.image, "NAME", "Container image, like docker.io/library/python:3.11.");
  add("--framework", options.framework, "NAME", "One of PYTHON, SCIKIT_LEARN, PYTORCH, XGBOOST or LIGHTGBM.");
  add("--input", options.inputs, "FILE", "File that the result depends on; may be repeated.");
  add("-p,--param", options.params, "KEY=VALUE", "Logged to the run; may be repeated.");
  add("--env", options.env, "KEY=VALUE", "For the environment; may be repeated.");
  add("--seed", options.seed, "N", "Given to the script in ORRERY_SEED.");
  add("--priority", options.priority, "N", "-1000 to 1000; higher starts first [default 0].");
  add("--queue", options.queue, "NAME", "Queue [default: default].");
  add("--timeout", options.timeout, "SECONDS", "After how long the job is ended.");
  add("--retries", options.retries, "N", "More attempts when one fails [default 0].");
  add("--retry-delay", options.retry_delay, "SECONDS",
      "Pause before the first retry; it doubles [default 10].");
  add("--grace", options.grace, "SECONDS", "Time to end in, before SIGKILL [default 10].");
  add("--checkpoint-signal", options.checkpoint_signal, "NAME",
      "What tells it to end: TERM, INT, USR1, USR2 or HUP [default TERM].");
  add("--after", options.after, "JOB", "Start once this job has succeeded; may be repeated.");
  add("--after-any", options.after_any, "JOB", "Start once this job has ended; may be repeated.");
  add("--group", options.group, "NAME", "Jobs of one group can be cancelled together.");
  add("--array", options.array, "INDICES",
      "One job for each index, like 1-20, 0-100:10 or 1,3,7; given to it in ORRERY_ARRAY_INDEX.");
  add("--workdir", options.workdir, "FOLDER", "Folder whose code the job gets [default: this one].");
  submit.add_flag("--no-code", options.no_code, "Take no code along; the job starts in an empty folder.");
  submit.add_flag("-d,--detach", options.detach, "Return once the job is accepted.");
}

Submission SubmissionOf(const JobOptions& options, FileSystem& files, const std::string& folder) {
  Submission submission;
  if (options.file.empty()) {
    submission.jobs.emplace_back();
  } else {
    jobs::JobFile file = JobFileOf(options.file, files);
    submission = {std::move(file.jobs), file.is_list, std::move(file.array)};
  }
  if (submission.is_list) RefuseForList(options);
  if (!options.array.empty()) submission.array = options.array;
  for (jobs::JobSpec& spec : submission.jobs) {
    if (!options.name.empty()) spec.name = options.name;
    SetCommand(options, files, folder, spec);
    SetResources(options, spec);
    SetAttempts(options, spec);
    SetRun(options, spec);
    SetEnvironment(options, files, folder, spec);
    AddPairs(options.env, "--env", spec.env);
    for (const std::string& input : options.inputs) spec.inputs.push_back({.path = input});
    for (jobs::InputSpec& input : spec.inputs) input.path = server::AbsolutePath(input.path);
    if (!submission.is_list && spec.command.empty()) {
      throw InvalidField("script", "nothing to run: give a script, a command behind --, or a job file by -f");
    }
  }
  return submission;
}

}  // namespace orrery::cli
