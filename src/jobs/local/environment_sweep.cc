#include "jobs/local/environment_sweep.h"

#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

#include <sys/file.h>
#include <sys/stat.h>

#include "base/error.h"

namespace orrery::jobs::local {
namespace {

constexpr std::string_view kRemoved = ".removed";

Instant LastUse(FileSystem& files, const std::string& directory) {
  const std::string used = directory + "/used";
  return files.Stat(files.Exists(used) ? used : directory).modified;
}

// As its builder measured it.
std::int64_t BytesOf(FileSystem& files, const std::string& directory) {
  const std::string path = directory + "/kilobytes";
  if (!files.Exists(path)) return 0;
  const std::string text = files.ReadAll(path);
  std::int64_t kilobytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), kilobytes);
  return kilobytes * 1024;
}

// Takes the lock of builders; null: somebody has it, or has removed it meanwhile.
std::unique_ptr<File> TryToHold(FileSystem& files, const std::string& lock) {
  auto file = files.Open(lock, OpenMode::kCreate);
  if (flock(file->Descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return nullptr;
    throw SystemError(errno, "cannot lock", lock);
  }
  struct stat info = {};
  if (fstat(file->Descriptor(), &info) != 0 || !files.Exists(lock) || files.Stat(lock).inode != info.st_ino)
    return nullptr;
  return file;
}

}  // namespace

SweptEnvironments SweepEnvironments(FileSystem& files, const std::string& root, Instant before,
                                    const std::function<bool(const std::string& directory)>& in_use) {
  SweptEnvironments swept;
  if (!files.Exists(root)) return swept;
  for (const DirectoryEntry& entry : files.List(root)) {
    const std::string directory = root + "/" + entry.name;
    if (entry.kind != FileKind::kDirectory) continue;
    if (entry.name.ends_with(kRemoved)) {  // of a sweep that was cut short
      files.RemoveAll(directory);
      continue;
    }
    const std::int64_t bytes = BytesOf(files, directory);
    const auto may_go = [&] {
      return (entry.name.starts_with(kOwnEnvironment) || LastUse(files, directory) < before) &&
             !in_use(directory);
    };
    // Whoever is given it meanwhile has the lock, or has touched it and noted it when we get the lock.
    const auto held = may_go() ? TryToHold(files, directory + ".lock") : nullptr;
    if (!held || !may_go()) {
      ++swept.kept;
      swept.kept_bytes += bytes;
      continue;
    }
    const std::string aside = directory + std::string(kRemoved);
    files.RemoveAll(aside);
    files.Rename(directory, aside);
    files.SyncDirectory(root);
    files.Remove(directory + ".lock");
    files.RemoveAll(aside);
    ++swept.removed;
    swept.removed_bytes += bytes;
  }
  return swept;
}

}  // namespace orrery::jobs::local
