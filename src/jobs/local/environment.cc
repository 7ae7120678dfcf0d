#include "jobs/local/environment.h"

#include <optional>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "jobs/local/requirements_scope.h"

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

}  // namespace

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

}  // namespace orrery::jobs::local
