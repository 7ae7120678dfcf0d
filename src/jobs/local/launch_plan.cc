#include "jobs/local/launch_plan.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "jobs/local/environment.h"

namespace orrery::jobs::local {
namespace {

constexpr std::string_view kDevices = "CUDA_VISIBLE_DEVICES";

// RLIMIT_DATA counts what a process reserves, not what it touches, and threads reserve plenty. So this stops a process
// that runs away, and leaves a sound one alone.
constexpr std::int64_t kMemoryHeadroom = 2;

void RefuseNul(std::string_view field, std::string_view text) {
  if (text.find('\0') != std::string_view::npos)
    throw InvalidField(field, "must not contain NUL: " + Quoted(text));
}

std::string DeviceList(const std::vector<int>& gpus) {
  std::string list;
  for (const int gpu : gpus) list += (list.empty() ? "" : ",") + std::to_string(gpu);
  return list;
}

std::vector<std::string> Lines(const std::map<std::string, std::string>& env) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : env) lines.push_back(name + "=" + value);
  return lines;
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
                                const std::vector<int>& gpus) {
  record::LaunchRecord plan;
  plan.job_id = launch.id.job_id;
  plan.attempt = launch.id.number;
  plan.token = launch.token;
  plan.grace_ms = launch.grace.count();
  plan.memory_limit_bytes = launch.memory_bytes * kMemoryHeadroom;

  std::map<std::string, std::string> env = options.base_env;
  env.try_emplace("PYTHONUNBUFFERED", "1");  // so that the log is live
  // Without it numeric libraries start a thread for each CPU of the machine, not of the job.
  env.try_emplace("OMP_NUM_THREADS", std::to_string(std::max(1L, std::lround(std::ceil(launch.cpus)))));
  if (options.node.gpus > 0) env[std::string(kDevices)] = DeviceList(gpus);

  const std::string work = attempt.Path(record::kWorkDirectory);
  if (launch.requirements) {
    const CachedEnvironment environment = FindEnvironment(files, options.data_directory + "/environments",
                                                          options.python, *launch.requirements);
    if (!environment.complete) {
      record::Step build = BuildStep(environment, options.python, attempt.Path(AttemptFiles::kRequirements));
      build.env = Lines(env);
      build.cwd = work;
      plan.steps.push_back(std::move(build));
    }
    env["VIRTUAL_ENV"] = environment.directory;
    env["PATH"] = environment.Programs() + ":" + env["PATH"];
  }
  for (const auto& [name, value] : launch.env) env[name] = value;
  plan.steps.push_back(
      {"main", launch.command, Lines(env), work, launch.timeout ? launch.timeout->count() : 0});
  return plan;
}

std::vector<int> GpusOf(const record::LaunchRecord& record) {
  std::vector<int> gpus;
  for (const std::string& line : record.steps.back().env) {
    if (!line.starts_with(kDevices) || line.size() <= kDevices.size() || line[kDevices.size()] != '=')
      continue;
    std::string_view list = std::string_view(line).substr(kDevices.size() + 1);
    int gpu = 0;
    while (!list.empty()) {
      const auto [end, error] = std::from_chars(list.data(), list.data() + list.size(), gpu);
      if (error != std::errc()) break;
      gpus.push_back(gpu);
      list.remove_prefix(static_cast<std::size_t>(end - list.data()));
      if (list.starts_with(',')) list.remove_prefix(1);
    }
  }
  return gpus;
}

}  // namespace orrery::jobs::local
