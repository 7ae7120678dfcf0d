#include "jobs/local/environment.h"

#include "base/error.h"
#include "base/hash.h"

namespace orrery::jobs::local {
namespace {

constexpr std::int64_t kBuildTimeoutMs = 60LL * 60 * 1000;

// $1 the interpreter, $2 the environment, $3 the requirements.
constexpr char kBuildScript[] = R"sh(set -eu
mkdir -p "$(dirname "$2")"
exec 9>> "$2.lock"
if ! flock -n 9; then
  echo "environment: waiting for another job that builds the same one"
  flock 9
fi
if [ -e "$2/complete" ]; then exit 0; fi
echo "environment: building $2"
rm -rf "$2"
"$1" -m venv "$2"
"$2/bin/python" -m pip install --no-input --disable-pip-version-check -r "$3"
sync -f "$2"
mv "$(mktemp "$2/complete.XXXXXX")" "$2/complete"
echo "environment: ready"
)sh";

// Follows links by hand, to the file that tells one version of the interpreter from the next.
std::string ResolveInterpreter(FileSystem& files, std::string path) {
  constexpr int kMostLinks = 40;
  for (int i = 0; i < kMostLinks && files.Stat(path).kind == FileKind::kLink; ++i) {
    const std::string target = files.ReadLink(path);
    path = target.starts_with('/') ? target : ParentOf(path) + "/" + target;
  }
  return path;
}

}  // namespace

CachedEnvironment FindEnvironment(FileSystem& files, const std::string& root, const std::string& python,
                                  const std::string& requirements) {
  if (!files.Exists(python)) {
    throw Error(
        Code::kFailedPrecondition,
        "no Python interpreter to build the environment with; set `python` in the configuration: " + python);
  }
  const std::string interpreter = ResolveInterpreter(files, python);
  const FileInfo info = files.Stat(interpreter);
  const Digest key = DigestOf(interpreter + '\n' + std::to_string(info.size) + '\n' +
                              std::to_string(info.modified.time_since_epoch().count()) + '\n' + requirements);
  CachedEnvironment environment{root + "/" + std::string(key.hex().substr(0, 32))};
  environment.complete = files.Exists(environment.directory + "/complete");
  return environment;
}

record::Step BuildStep(const CachedEnvironment& environment, const std::string& python,
                       const std::string& requirements_file) {
  record::Step step;
  step.label = "prepare environment";
  step.argv = {"/bin/sh",        "-c", kBuildScript, "environment", python, environment.directory,
               requirements_file};
  step.timeout_ms = kBuildTimeoutMs;
  return step;
}

}  // namespace orrery::jobs::local
