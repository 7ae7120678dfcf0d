#include "server/data_folder.h"

#include <chrono>
#include <thread>

#include <fcntl.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

namespace orrery::server {
namespace {

// Locks of the open file description: they can be asked after without being taken, so that a command that looks for
// the server never stands in the way of one that starts.
bool Lock(const File& file) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(file.Descriptor(), F_OFD_SETLK, &lock) == 0;
}

/// How long a killed server's lock may outlive it: a child that it forked holds its files until it executes something else.
/// Whether its process is gone cannot be asked: its number may be another's by now, or our own.
constexpr std::chrono::seconds kForkedChild{2};
constexpr std::chrono::milliseconds kBetweenTries{5};

bool IsLocked(const File& file) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(file.Descriptor(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

DataFolder::DataFolder(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {
  files_.CreateDirectories(ParentOf(path_));
  if (!files_.Exists(path_)) {
    files_.CreateDirectory(path_, 0700);
    files_.SyncDirectory(ParentOf(path_));
  }
  lock_ = files_.Open(path_ + "/lock", OpenMode::kCreate, 0600);
  const auto deadline = std::chrono::steady_clock::now() + kForkedChild;
  while (!Lock(*lock_)) {
    if (std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kBetweenTries);
      continue;
    }
    const std::optional<ServerRecord> other = Running(files_, path_);
    throw Error(Code::kFailedPrecondition,
                "another server uses this data folder: stop it, or give --data another folder: " + path_ +
                    (other ? " (pid " + std::to_string(other->pid) + ", http://" + other->http + ")" : ""));
  }
  // A killed server's: whoever looked for ours meanwhile would be sent to an address that is another's by now.
  RemoveRecord();
}

void DataFolder::RemoveRecord() {
  if (files_.Exists(path_ + "/server.json")) files_.Remove(path_ + "/server.json");
}

DataFolder::~DataFolder() {
  try {
    RemoveRecord();
  } catch (const Error& error) {
    Log(LogLevel::kWarning, "cannot remove server.json", {{"reason", error.what()}});
  }
}

std::string DataFolder::JobsToken(Random& random) {
  const std::string path = path_ + "/jobs.token";
  if (!files_.Exists(path)) files_.WriteDurably(path, random.Hex(32), 0600);
  return files_.ReadAll(path);
}

void DataFolder::Announce(const ServerRecord& record) {
  files_.WriteDurably(path_ + "/server.json", ToJson(record) + "\n", 0600);
}

std::optional<ServerRecord> DataFolder::Running(FileSystem& files, const std::string& path) {
  try {
    if (!IsLocked(*files.Open(path + "/lock", OpenMode::kReadWrite))) return std::nullopt;
    return FromJson<ServerRecord>(files.ReadAll(path + "/server.json"));
  } catch (const Error&) {
    return std::nullopt;  // no such folder, or a server that has not come up yet
  }
}

}  // namespace orrery::server
