#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "jobs/job_spec.h"

namespace CLI {
class App;
}

namespace orrery::cli {

/// What `orrery submit` was told: a job file, flags that win over it, and the script with its arguments.
struct JobOptions {
  std::string file;
  std::string name, experiment, run_name, queue, framework, gpu_type, memory, requirements, lock, conda,
      image, workdir;
  std::vector<std::string> inputs, params, env;
  std::optional<double> cpus;
  std::string group, array, checkpoint_signal;
  std::vector<std::string> after, after_any;
  std::optional<int> gpus, nodes, priority, retries;
  std::optional<int64_t> seed, timeout, retry_delay, grace;
  std::vector<std::string> words;  ///< the script and its arguments, or "--" and a command
  bool no_code = false;
  bool detach = false;
};

/// Adds the flags to `submit`.
void AddJobOptions(CLI::App& submit, JobOptions& options);

/// What the options ask for: one job, an array of it, or the jobs that a file lists.
struct Submission {
  std::vector<jobs::JobSpec> jobs;
  bool is_list = false;
  std::optional<std::string> array;
};

/// Flags win over the file, for each job that it lists. Code is not captured yet, inputs are absolute paths. `folder` is
/// the folder whose code is taken, absolute.
/// Errors: invalid_argument, naming the flag; not_found (script, requirements or job file).
Submission SubmissionOf(const JobOptions& options, FileSystem& files, const std::string& folder);

/// "512", "512MiB", "2 GiB", "1.5g". Errors: invalid_argument, naming `flag`.
int64_t ParseSize(const std::string& text, std::string_view flag);

}  // namespace orrery::cli
