#include "jobs/local/environment.h"

#include <optional>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "jobs/local/requirements_scope.h"
#include "jobs/local/this_machine.h"

namespace orrery::jobs::local {
namespace {

// Follows links by hand, to the file that tells one version of the program from the next.
std::string ResolveProgram(FileSystem& files, std::string path) {
  constexpr int kMostLinks = 40;
  for (int i = 0; i < kMostLinks && files.Stat(path).kind == FileKind::kLink; ++i) {
    const std::string target = files.ReadLink(path);
    path = target.starts_with('/') ? target : ParentOf(path) + "/" + target;
  }
  return path;
}

EnvironmentPlan PlanVirtualEnvironment(FileSystem& files, const std::string& root, const std::string& python,
                                       const AttemptLaunch& launch, const AttemptFiles& attempt) {
  const ChosenEnvironment chosen = Chosen(launch.environment.value());
  const CachedEnvironment environment =
      FindEnvironment(files, root, python, chosen, Besides(files, launch, attempt));
  return {.build = PipStep(environment, python, chosen, attempt),
          .variables = {{"VIRTUAL_ENV", environment.directory}},
          .programs = environment.Programs(),
          .image = std::nullopt};
}

EnvironmentPlan PlanImage(FileSystem& files, const std::string& root, const std::string& search_path,
                          const AttemptLaunch& launch, const AttemptFiles& attempt) {
  const auto podman = FindOnPath(files, search_path, "podman");
  if (!podman) throw Error(Code::kFailedPrecondition, "there is no podman any more: install it");
  return {.build = ImageStep(root, *podman, *launch.environment->image, attempt),
          .variables = {},
          .programs = "",
          .image = ViewOfImage(files, launch, attempt)};
}

}  // namespace

const char kBuildFunctions[] = R"sh(set -eu
hold() {
  mkdir -p "$(dirname "$1")"
  while :; do
    exec 9>> "$1.lock"
    if ! flock -n 9; then
      echo "environment: waiting for another job that builds the same one"
      flock 9
    fi
    # Or it was removed meanwhile, and somebody else holds a newer one.
    if [ "$1.lock" -ef /proc/self/fd/9 ]; then break; fi
  done
}
finish() {
  sync -f "$1"
  mv "$(mktemp "$1/complete.XXXXXX")" "$1/complete"
  echo "environment: ready"
}
give() {
  touch "$1/used"
  ln -sfn "$1" "$2/environment"
  mkdir -p "$2/resolved"
  cp "$1"/resolved/* "$2/resolved"
}
)sh";

CachedEnvironment FindEnvironment(FileSystem& files, const std::string& root, const std::string& builder,
                                  const ChosenEnvironment& chosen, const std::string& besides) {
  if (!files.Exists(builder)) {
    throw Error(
        Code::kFailedPrecondition,
        "no Python interpreter to build the environment with; set `python` in the configuration: " + builder);
  }
  const std::string program = ResolveProgram(files, builder);
  const FileInfo info = files.Stat(program);
  const Digest key =
      DigestOf(program + '\n' + std::to_string(info.size) + '\n' +
               std::to_string(info.modified.time_since_epoch().count()) + '\n' + std::string(chosen.field) +
               '\n' + std::to_string(chosen.text.size()) + '\n' + chosen.text + besides);
  CachedEnvironment environment{root + "/" + std::string(key.hex().substr(0, 32))};
  environment.complete = files.Exists(environment.directory + "/complete");
  return environment;
}

std::string Besides(FileSystem& files, const AttemptLaunch& launch, const AttemptFiles& attempt) {
  constexpr uint64_t kMostIncludedBytes = 1 << 20;
  const std::string work = attempt.Path(record::kWorkDirectory);
  const auto read = [&](const std::string& path) -> std::optional<std::string> {
    try {
      return files.ReadAll(work + "/" + path, kMostIncludedBytes);
    } catch (const Error& error) {
      Log(LogLevel::kDebug, "cannot read what a requirements file includes", {{"error", error.what()}});
      return std::nullopt;  // the build will tell
    }
  };
  const RequirementsScope found = ScopeOf(Chosen(launch.environment.value()).text, read);
  switch (found.scope) {
    case Scope::kText:
      return found.included;
    case Scope::kCode:
      return found.included + launch.manifest.value_or("");
    case Scope::kAttempt:
      break;
  }
  return launch.id.job_id + '\n' + std::to_string(launch.id.number);
}

EnvironmentPlan PlanEnvironment(FileSystem& files, const LocalExecutorOptions& options,
                                const AttemptLaunch& launch, const AttemptFiles& attempt) {
  const std::string root = options.data_directory + "/environments";
  if (launch.environment.value().image)
    return PlanImage(files, root, options.base_env.at("PATH"), launch, attempt);
  return PlanVirtualEnvironment(files, root, options.python, launch, attempt);
}

}  // namespace orrery::jobs::local
