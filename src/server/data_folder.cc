#include "server/data_folder.h"

#include <sys/file.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

namespace orrery::server {

DataFolder::DataFolder(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {
  files_.CreateDirectories(ParentOf(path_));
  files_.CreateDirectory(path_, 0700);
  lock_ = files_.Open(path_ + "/lock", OpenMode::kCreate, 0600);
  if (flock(lock_->Descriptor(), LOCK_EX | LOCK_NB) != 0) {
    const std::optional<ServerRecord> other = Running(files_, path_);
    throw Error(Code::kFailedPrecondition,
                "another server uses this data folder: stop it, or give --data another folder: " + path_ +
                    (other ? " (pid " + std::to_string(other->pid) + ", http://" + other->http + ")" : ""));
  }
}

DataFolder::~DataFolder() {
  try {
    if (files_.Exists(path_ + "/server.json")) files_.Remove(path_ + "/server.json");
  } catch (const Error& error) {
    Log(LogLevel::kWarning, "cannot remove server.json", {{"reason", error.what()}});
  }
}

void DataFolder::Announce(const ServerRecord& record) {
  files_.WriteDurably(path_ + "/server.json", ToJson(record) + "\n", 0600);
}

std::optional<ServerRecord> DataFolder::Running(FileSystem& files, const std::string& path) {
  try {
    const auto lock = files.Open(path + "/lock", OpenMode::kRead);
    if (flock(lock->Descriptor(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;  // nobody holds it
    return FromJson<ServerRecord>(files.ReadAll(path + "/server.json"));
  } catch (const Error&) {
    return std::nullopt;  // no such folder, or a server that has not come up yet
  }
}

}  // namespace orrery::server
