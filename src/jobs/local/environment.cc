#include "jobs/local/environment.h"

#include "base/error.h"
#include "base/hash.h"

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
                                  const ChosenEnvironment& chosen) {
  if (!files.Exists(builder)) {
    throw Error(
        Code::kFailedPrecondition,
        "no Python interpreter to build the environment with; set `python` in the configuration: " + builder);
  }
  const std::string program = ResolveProgram(files, builder);
  const FileInfo info = files.Stat(program);
  const Digest key = DigestOf(program + '\n' + std::to_string(info.size) + '\n' +
                              std::to_string(info.modified.time_since_epoch().count()) + '\n' +
                              std::string(chosen.field) + '\n' + chosen.text);
  CachedEnvironment environment{root + "/" + std::string(key.hex().substr(0, 32))};
  environment.complete = files.Exists(environment.directory + "/complete");
  return environment;
}

}  // namespace orrery::jobs::local
