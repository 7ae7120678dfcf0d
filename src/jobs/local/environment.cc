#include "jobs/local/environment.h"

#include <optional>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "jobs/conda_text.h"
#include "jobs/local/environment_sweep.h"
#include "jobs/local/requirements_scope.h"
#include "jobs/local/this_machine.h"

namespace orrery::jobs::local {
namespace {

// Follows links by hand, to the file that tells one version of the program from the next.
std::string FollowLinks(FileSystem& files, std::string path) {
  constexpr int kMostLinks = 40;
  for (int i = 0; i < kMostLinks && files.Exists(path) && files.Stat(path).kind == FileKind::kLink; ++i) {
    const std::string target = files.ReadLink(path);
    path = target.starts_with('/') ? target : ParentOf(path) + "/" + target;
  }
  return path;
}

// Tells a file from another one in its place, as long as nobody sets its time back; none: there is no such file.
std::optional<std::string> IdentityOf(FileSystem& files, const std::string& path) {
  const std::string file = FollowLinks(files, path);
  if (!files.Exists(file)) return std::nullopt;
  const FileInfo info = files.Stat(file);
  if (info.kind != FileKind::kFile) return std::nullopt;
  return file + '\n' + std::to_string(info.size) + '\n' +
         std::to_string(info.modified.time_since_epoch().count());
}

EnvironmentPlan PlanVirtualEnvironment(FileSystem& files, const std::string& root, const std::string& python,
                                       const AttemptLaunch& launch, const AttemptFiles& attempt) {
  const ChosenEnvironment chosen = Chosen(launch.environment.value());
  const CachedEnvironment environment =
      FindEnvironment(files, root, python, chosen, BesidesOf(files, launch, attempt));
  return {.build = PipStep(environment, python, chosen, attempt),
          .variables = {{"VIRTUAL_ENV", environment.directory}},
          .programs = environment.Programs(),
          .image = std::nullopt};
}

EnvironmentPlan PlanConda(FileSystem& files, const std::string& root, const LocalExecutorOptions& options,
                          const AttemptLaunch& launch, const AttemptFiles& attempt) {
  const auto conda = FindConda(files, options);
  if (!conda) throw Error(Code::kFailedPrecondition, "there is no conda any more: install micromamba");
  const Besides besides = BesidesOf(files, launch, attempt);
  const CachedEnvironment environment =
      FindEnvironment(files, root, *conda, Chosen(launch.environment.value()), besides);
  return {.build = CondaStep(environment, *conda, besides.key.empty(), attempt),
          .variables = {{"CONDA_PREFIX", environment.directory}},
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
  du -sk "$1" | cut -f 1 > "$1/kilobytes"
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
                                  const ChosenEnvironment& chosen, const Besides& besides) {
  if (!files.Exists(builder)) {
    throw Error(
        Code::kFailedPrecondition,
        "no Python interpreter to build the environment with; set `python` in the configuration: " + builder);
  }
  const Digest key =
      DigestOf(IdentityOf(files, builder).value_or(builder) + '\n' + std::string(chosen.field) + '\n' +
               std::to_string(chosen.text.size()) + '\n' + chosen.text + besides.key);
  CachedEnvironment environment{root + "/" + (besides.own ? kOwnEnvironment : "") +
                                std::string(key.hex().substr(0, 32))};
  environment.complete = files.Exists(environment.directory + "/complete");
  return environment;
}

Besides BesidesOf(FileSystem& files, const AttemptLaunch& launch, const AttemptFiles& attempt) {
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
  const ChosenEnvironment chosen = Chosen(launch.environment.value());
  const std::optional<std::string> text = chosen.field == "conda" ? PipPartOf(chosen.text) : chosen.text;
  const auto identify = [&](const std::string& path) { return IdentityOf(files, path); };
  const RequirementsScope found =
      text ? ScopeOf(*text, read, identify) : RequirementsScope{Scope::kAttempt, ""};
  switch (found.scope) {
    case Scope::kText:
      return {found.included};
    case Scope::kCode:
      return {found.included + launch.manifest.value_or("")};
    case Scope::kAttempt:
      break;
  }
  return {launch.id.job_id + '\n' + std::to_string(launch.id.number), true};
}

EnvironmentPlan PlanEnvironment(FileSystem& files, const LocalExecutorOptions& options,
                                const AttemptLaunch& launch, const AttemptFiles& attempt) {
  const std::string root = options.data_directory + "/environments";
  if (launch.environment.value().image)
    return PlanImage(files, root, options.base_env.at("PATH"), launch, attempt);
  if (launch.environment->conda) return PlanConda(files, root, options, launch, attempt);
  return PlanVirtualEnvironment(files, root, options.python, launch, attempt);
}

}  // namespace orrery::jobs::local
