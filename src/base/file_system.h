#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"

namespace orrery {

enum class FileKind { kFile, kDirectory, kLink, kOther };

struct FileInfo {
  FileKind kind = FileKind::kFile;
  uint64_t size = 0;
  uint32_t mode = 0;  ///< permission bits
  uint64_t inode = 0;
  Instant modified;
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::kFile;
};

enum class OpenMode {
  kRead,
  kReadWrite,  ///< must exist
  kCreate,     ///< created if absent, not truncated
  kCreateNew,  ///< must not exist: already_exists
  kCreateTruncate,
};

/// One open file; closing is the destructor's. Positional reads and writes are safe from several threads.
/// Errors of every call: storage_full (ENOSPC, EDQUOT), internal otherwise, with path and errno's text.
class File {
 public:
  virtual ~File() = default;
  /// Reads up to out.size() bytes at `offset`; fewer only at the end of the file.
  virtual size_t ReadAt(uint64_t offset, std::span<std::byte> out) = 0;
  /// Writes all of `data` at `offset` or throws.
  virtual void WriteAt(uint64_t offset, std::span<const std::byte> data) = 0;
  virtual void Truncate(uint64_t size) = 0;
  /// Makes the content durable. An error here means "unknown", and is never retried on the same file.
  virtual void Sync() = 0;
  virtual uint64_t Size() = 0;
  /// The descriptor, for calls that only the kernel can do (locks, sendfile). -1 where there is none.
  virtual int Descriptor() const { return -1; }
};

/// The seam to files. Paths are absolute. Safe to call from any thread.
/// Errors: not_found (ENOENT, ENOTDIR), already_exists, permission_denied, storage_full, internal.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual std::unique_ptr<File> Open(const std::string& path, OpenMode mode, uint32_t permissions = 0644) = 0;
  /// Atomically replaces `to`. Durable only after SyncDirectory of its folder.
  virtual void Rename(const std::string& from, const std::string& to) = 0;
  /// Removes a file or an empty directory.
  virtual void Remove(const std::string& path) = 0;
  /// Creates one directory; an existing directory is fine.
  virtual void CreateDirectory(const std::string& path, uint32_t permissions = 0755) = 0;
  virtual void SyncDirectory(const std::string& path) = 0;
  virtual std::vector<DirectoryEntry> List(const std::string& path) = 0;
  /// Does not follow a link. Errors: not_found.
  virtual FileInfo Stat(const std::string& path) = 0;
  virtual void CreateLink(const std::string& target, const std::string& path) = 0;
  virtual std::string ReadLink(const std::string& path) = 0;
  virtual void SetMode(const std::string& path, uint32_t permissions) = 0;
  /// Bytes free to this user where `path` lies.
  virtual uint64_t FreeSpace(const std::string& path) = 0;

  // Built on the calls above.
  bool Exists(const std::string& path);
  void CreateDirectories(const std::string& path);
  /// Removes `path` and all below it, following no link; absent is fine.
  void RemoveAll(const std::string& path);
  /// The whole content. Errors: resource_exhausted when longer than `most` bytes.
  std::string ReadAll(const std::string& path, uint64_t most = 64u << 20);
  /// Writes beside, syncs, renames, syncs the folder: after it returns the new content survives power loss,
  /// and at no time is there less than the old or the new content at `path`.
  void WriteDurably(const std::string& path, std::string_view content, uint32_t permissions = 0644);
};

/// Reads the real file system.
class PosixFileSystem final : public FileSystem {
 public:
  std::unique_ptr<File> Open(const std::string& path, OpenMode mode, uint32_t permissions = 0644) override;
  void Rename(const std::string& from, const std::string& to) override;
  void Remove(const std::string& path) override;
  void CreateDirectory(const std::string& path, uint32_t permissions = 0755) override;
  void SyncDirectory(const std::string& path) override;
  std::vector<DirectoryEntry> List(const std::string& path) override;
  FileInfo Stat(const std::string& path) override;
  void CreateLink(const std::string& target, const std::string& path) override;
  std::string ReadLink(const std::string& path) override;
  void SetMode(const std::string& path, uint32_t permissions) override;
  uint64_t FreeSpace(const std::string& path) override;
};

/// The Error for a failed system call: `what` and `path`, with errno's text.
class Error SystemError(int error_number, std::string_view what, const std::string& path);

/// The folder that holds `path`.
std::string ParentOf(const std::string& path);

}  // namespace orrery
