#include "supervisor/attempt_directory.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>

#include "jobs/record.h"

namespace orrery::supervisor {
namespace {

constexpr off_t kMostLaunchBytes = 16 << 20;

int WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int SetLock(const Descriptor& file, short type) {
  // Of the open file, not of the process: it is inherited, and others can ask for it without taking it.
  struct flock whole = {};
  whole.l_type = type;
  whole.l_whence = SEEK_SET;
  return fcntl(file.number(), F_OFD_SETLK, &whole) == 0 ? 0 : errno;
}

std::string ReservedName(const char* name) {
  return std::string(name) + ".reserved";
}

}  // namespace

int ReservedRecord::Publish(std::string_view bytes, bool durable) {
  if (!file_) return EBADF;
  if (const int error = WriteAll(file_.number(), bytes)) return error;
  // Only gives space back: a reader takes the NULs that stay when this fails.
  [[maybe_unused]] const int shortened = ftruncate(file_.number(), static_cast<off_t>(bytes.size()));
  if (durable && fsync(file_.number()) != 0) return errno;
  if (renameat(directory_, ReservedName(name_).c_str(), directory_, name_) != 0) return errno;
  return durable && fsync(directory_) != 0 ? errno : 0;
}

int AttemptDirectory::Open(const std::string& launch_path) {
  const std::size_t slash = launch_path.rfind('/');
  launch_name_ = slash == std::string::npos ? launch_path : launch_path.substr(slash + 1);
  const std::string parent = slash == std::string::npos ? "." : launch_path.substr(0, slash + 1);
  directory_ = Descriptor(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory_ ? 0 : errno;
}

int AttemptDirectory::Lock() {
  lock_ =
      Descriptor(openat(directory_.number(), jobs::record::kLockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) return errno;
  const int error = SetLock(lock_, F_WRLCK);
  return error == EACCES ? EAGAIN : error;
}

void AttemptDirectory::Unlock() {
  SetLock(lock_, F_UNLCK);
}

AttemptDirectory::Content AttemptDirectory::ReadLaunch() const {
  Content content;
  const Descriptor file(openat(directory_.number(), launch_name_.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info = {};
  if (!file || fstat(file.number(), &info) != 0) return {{}, errno};
  if (info.st_size > kMostLaunchBytes) return {{}, EFBIG};
  content.bytes.resize(static_cast<std::size_t>(info.st_size));
  std::size_t filled = 0;
  while (filled < content.bytes.size()) {
    const ssize_t got = read(file.number(), content.bytes.data() + filled, content.bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {{}, errno};
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.bytes.resize(filled);
  return content;
}

AttemptDirectory::Reservation AttemptDirectory::Reserve(const char* name, long size) const {
  const std::string reserved = ReservedName(name);
  Descriptor file(
      openat(directory_.number(), reserved.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return {{}, errno};
  if (const int error = posix_fallocate(file.number(), 0, size)) {
    unlinkat(directory_.number(), reserved.c_str(), 0);
    return {{}, error};
  }
  return {ReservedRecord(directory_.number(), name, std::move(file)), 0};
}

bool AttemptDirectory::IsClaimed() const {
  return faccessat(directory_.number(), jobs::record::kClaimFile, F_OK, 0) == 0;
}

int AttemptDirectory::Claim(std::string_view bytes) const {
  const char* name = jobs::record::kClaimFile;
  const Descriptor file(openat(directory_.number(), name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return errno;
  const int error = WriteAll(file.number(), bytes);
  if (error == ENOSPC || error == EDQUOT) unlinkat(directory_.number(), name, 0);
  if (error != 0) return error;
  // After a failed sync the claim stays, undecided: better an attempt lost than one run twice.
  if (fsync(file.number()) != 0 || fsync(directory_.number()) != 0) return errno;
  return 0;
}

Descriptor AttemptDirectory::OpenLog() const {
  return OpenToAppend(jobs::record::kLogFile);
}

Descriptor AttemptDirectory::OpenUsage() const {
  return OpenToAppend(jobs::record::kUsageFile);
}

Descriptor AttemptDirectory::OpenDropped() const {
  return Descriptor(
      openat(directory_.number(), jobs::record::kDroppedFile, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

Descriptor AttemptDirectory::OpenToAppend(const char* name) const {
  return Descriptor(openat(directory_.number(), name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
}

}  // namespace orrery::supervisor
