#include <cerrno>
#include <cstdio>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"

namespace orrery {
namespace {

FileKind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kFile;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  return S_ISLNK(mode) ? FileKind::kLink : FileKind::kOther;
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { close(descriptor_); }

  size_t ReadAt(uint64_t offset, std::span<std::byte> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t got =
          pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw SystemError(errno, "cannot read", path_);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }
  void WriteAt(uint64_t offset, std::span<const std::byte> data) override {
    size_t done = 0;
    while (done < data.size()) {
      const ssize_t put =
          pwrite(descriptor_, data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) throw SystemError(errno, "cannot write", path_);
      done += static_cast<size_t>(put);
    }
  }
  void Truncate(uint64_t size) override {
    if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0)
      throw SystemError(errno, "cannot truncate", path_);
  }
  void Sync() override {
    if (fdatasync(descriptor_) != 0) throw SystemError(errno, "cannot sync", path_);
  }
  uint64_t Size() override {
    struct stat info {};
    if (fstat(descriptor_, &info) != 0) throw SystemError(errno, "cannot stat", path_);
    return static_cast<uint64_t>(info.st_size);
  }
  int Descriptor() const override { return descriptor_; }

 private:
  int descriptor_;
  std::string path_;
};

int Flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kCreateTruncate:
      return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

Code CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EEXIST:
      return Code::kAlreadyExists;
    case EACCES:
    case EPERM:
      return Code::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
      return Code::kStorageFull;
    default:
      return Code::kInternal;
  }
}

}  // namespace

Error SystemError(int error_number, std::string_view what, const std::string& path) {
  return Error(CodeOf(error_number), std::string(what) + " " + path + ": " + std::strerror(error_number));
}

std::unique_ptr<File> PosixFileSystem::Open(const std::string& path, OpenMode mode, uint32_t permissions) {
  const int descriptor = open(path.c_str(), Flags(mode) | O_CLOEXEC, permissions);
  if (descriptor < 0) throw SystemError(errno, "cannot open", path);
  return std::make_unique<PosixFile>(descriptor, path);
}

void PosixFileSystem::Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) throw SystemError(errno, "cannot rename " + from + " to", to);
}

void PosixFileSystem::Remove(const std::string& path) {
  if (remove(path.c_str()) != 0) throw SystemError(errno, "cannot remove", path);
}

void PosixFileSystem::CreateDirectory(const std::string& path, uint32_t permissions) {
  if (mkdir(path.c_str(), permissions) == 0) return;
  const int error_number = errno;
  struct stat info {};
  if (error_number == EEXIST && stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return;
  throw SystemError(error_number, "cannot create directory", path);
}

void PosixFileSystem::SyncDirectory(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw SystemError(errno, "cannot open directory", path);
  const int result = fsync(descriptor);
  const int error_number = errno;
  close(descriptor);
  if (result != 0) throw SystemError(error_number, "cannot sync directory", path);
}

std::vector<DirectoryEntry> PosixFileSystem::List(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (!directory) throw SystemError(errno, "cannot list", path);
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) {
      if (errno != 0) throw SystemError(errno, "cannot list", path);
      return entries;
    }
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    switch (entry->d_type) {
      case DT_REG:
        entries.push_back({name, FileKind::kFile});
        break;
      case DT_DIR:
        entries.push_back({name, FileKind::kDirectory});
        break;
      case DT_LNK:
        entries.push_back({name, FileKind::kLink});
        break;
      case DT_UNKNOWN:
        entries.push_back({name, Stat(path + "/" + name).kind});
        break;
      default:
        entries.push_back({name, FileKind::kOther});
    }
  }
}

FileInfo PosixFileSystem::Stat(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) throw SystemError(errno, "cannot stat", path);
  const auto modified =
      std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
  return {KindOf(info.st_mode), static_cast<uint64_t>(info.st_size),
          static_cast<uint32_t>(info.st_mode & 07777), static_cast<uint64_t>(info.st_ino),
          Instant(std::chrono::floor<Microseconds>(modified))};
}

void PosixFileSystem::CreateLink(const std::string& target, const std::string& path) {
  if (symlink(target.c_str(), path.c_str()) != 0) throw SystemError(errno, "cannot create link", path);
}

std::string PosixFileSystem::ReadLink(const std::string& path) {
  std::string target(4096, '\0');
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  if (size < 0) throw SystemError(errno, "cannot read link", path);
  target.resize(static_cast<size_t>(size));
  return target;
}

void PosixFileSystem::SetMode(const std::string& path, uint32_t permissions) {
  if (chmod(path.c_str(), permissions) != 0) throw SystemError(errno, "cannot change mode of", path);
}

uint64_t PosixFileSystem::FreeSpace(const std::string& path) {
  struct statvfs info {};
  if (statvfs(path.c_str(), &info) != 0) throw SystemError(errno, "cannot read free space of", path);
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace orrery
