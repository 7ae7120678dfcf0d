#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/processes.h"
#include "content/manifest.h"

namespace orrery::cli {

/// Code as it stands in a folder, by content.
struct CapturedCode {
  content::Manifest manifest;
  /// Where the bytes of each object of the manifest are now: a file's absolute path, or a link's target itself.
  struct Source {
    bool is_link = false;
    std::string path_or_target;
  };
  std::map<Digest, Source> sources;
  std::optional<std::string> commit;  ///< the git commit that the folder is at
  std::optional<std::string>
      difference;      ///< text of the uncommitted difference below the folder; none when clean
  bool dirty = false;  ///< uncommitted changes or untracked files
};

/// Reads the code in `folder` (absolute). In a git work tree: the tracked and the untracked, not ignored files below it,
/// as they are now, and the commit and difference they stand for. Elsewhere: everything below it but caches and
/// environments (.git, .venv, venv, __pycache__, node_modules, .orrery).
/// Errors: not_found, invalid_argument (a link that leaves the folder, more than 1 GiB in all: data belongs into
/// --input), permission_denied.
CapturedCode CaptureCode(FileSystem& files, Processes& processes, const std::string& folder);

}  // namespace orrery::cli
