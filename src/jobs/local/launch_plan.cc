#include "jobs/local/launch_plan.h"

#include <cmath>
#include <csignal>
#include <string_view>

#include "base/error.h"
#include "jobs/local/environment.h"

namespace orrery::jobs::local {
namespace {

// RLIMIT_DATA counts what a process reserves, not what it touches, and threads reserve plenty. So this stops a process
// that runs away, and leaves a sound one alone.
constexpr std::int64_t kMemoryHeadroom = 2;

void RefuseNul(std::string_view field, std::string_view text) {
  if (text.find('\0') != std::string_view::npos)
    throw InvalidField(field, "must not contain NUL: " + Quoted(text));
}

std::string DeviceList(const std::vector<std::string>& gpus) {
  std::string list;
  for (const std::string& gpu : gpus) list += (list.empty() ? "" : ",") + gpu;
  return list;
}

std::vector<std::string> Lines(const std::map<std::string, std::string>& env) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : env) lines.push_back(name + "=" + value);
  return lines;
}

// Where things are, and who the user is, the image says.
void RemoveMachinesOwn(std::map<std::string, std::string>& env) {
  for (const char* name :
       {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "LD_LIBRARY_PATH",
        "CUDA_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "PIP_CERT", "PIP_CONFIG_FILE"})
    env.erase(name);
}

}  // namespace

void CheckLaunch(const AttemptLaunch& launch) {
  if (launch.command.empty() || launch.command[0].empty())
    throw InvalidField("command", "must name a program");
  for (const std::string& argument : launch.command) RefuseNul("command", argument);
  for (const auto& [name, value] : launch.env) {
    RefuseNul("env", name);
    RefuseNul("env", value);
    if (name.empty() || name.find('=') != std::string::npos) {
      throw InvalidField("env", "a name must be non-empty and without '=', got " + Quoted(name));
    }
  }
}

record::LaunchRecord PlanLaunch(FileSystem& files, const LocalExecutorOptions& options,
                                const AttemptLaunch& launch, const AttemptFiles& attempt,
                                const Devices& devices) {
  record::LaunchRecord plan;
  plan.job_id = launch.id.job_id;
  plan.attempt = launch.id.number;
  plan.token = launch.token;
  if (launch.checkpoint_signal != SIGTERM) plan.end_signal = launch.checkpoint_signal;
  plan.grace_ms = launch.grace.count();
  plan.gpus = devices.gpus;
  for (const int cpu : devices.cpus.cpus) plan.cpus.push_back(std::to_string(cpu));
  if (devices.cpus.shared && !plan.cpus.empty()) plan.cpus_are_shared = 1;
  if (options.log_keep_bytes > 0) plan.log_keep_bytes = options.log_keep_bytes;
  plan.memory_bytes = launch.memory_bytes;
  plan.memory_limit_bytes = launch.memory_bytes * kMemoryHeadroom;
  plan.groups = options.groups.For(launch.id, launch.cpus, launch.memory_bytes);

  std::map<std::string, std::string> env = options.base_env;
  env.try_emplace("PYTHONUNBUFFERED", "1");  // so that the log is live
  // Without it numeric libraries start a thread for each CPU of the machine, not of the job.
  env.try_emplace("OMP_NUM_THREADS", std::to_string(std::max(1L, std::lround(std::ceil(launch.cpus)))));
  env["ORRERY_CHECKPOINT_DIR"] = attempt.CheckpointDirectory();
  if (!options.node.gpus.empty()) {
    env["CUDA_VISIBLE_DEVICES"] = DeviceList(devices.gpus);
    env["NVIDIA_VISIBLE_DEVICES"] = devices.gpus.empty() ? "void" : DeviceList(devices.gpus);
  }

  const std::string work = attempt.Path(record::kWorkDirectory);
  record::Step main{"main", launch.command, {}, work, launch.timeout ? launch.timeout->count() : 0};
  if (launch.environment) {
    EnvironmentPlan environment = PlanEnvironment(files, options, launch, attempt);
    environment.build.env = Lines(env);
    environment.build.cwd = work;
    plan.steps.push_back(std::move(environment.build));
    main.image = std::move(environment.image);
    if (main.image) RemoveMachinesOwn(env);
    for (const auto& [name, value] : environment.variables) env[name] = value;
    if (!environment.programs.empty()) env["PATH"] = environment.programs + ":" + env["PATH"];
  }
  for (const auto& [name, value] : launch.env) env[name] = value;
  main.env = Lines(env);
  plan.steps.push_back(std::move(main));
  return plan;
}

}  // namespace orrery::jobs::local
