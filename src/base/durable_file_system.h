#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace orrery {

/// Forwards to another file system and calls `on_unknown`, which must not return, when a sync fails: after it nothing that
/// was written is certain, and a second sync would report success over lost pages. A full disk is no such failure: the
/// caller is told, and gives the file up.
class DurableFileSystem final : public FileSystem {
 public:
  using OnUnknown = std::function<void(const std::string& reason)>;

  /// `inner` must outlive this object.
  DurableFileSystem(FileSystem& inner, OnUnknown on_unknown)
      : inner_(inner), on_unknown_(std::move(on_unknown)) {}

  std::unique_ptr<File> Open(const std::string& path, OpenMode mode, uint32_t permissions = 0644) override;
  void SyncDirectory(const std::string& path) override;

  void Rename(const std::string& from, const std::string& to) override { inner_.Rename(from, to); }
  void Remove(const std::string& path) override { inner_.Remove(path); }
  void CreateDirectory(const std::string& path, uint32_t permissions = 0755) override {
    inner_.CreateDirectory(path, permissions);
  }
  std::vector<DirectoryEntry> List(const std::string& path) override { return inner_.List(path); }
  FileInfo Stat(const std::string& path) override { return inner_.Stat(path); }
  void CreateLink(const std::string& target, const std::string& path) override {
    inner_.CreateLink(target, path);
  }
  std::string ReadLink(const std::string& path) override { return inner_.ReadLink(path); }
  void SetMode(const std::string& path, uint32_t permissions) override { inner_.SetMode(path, permissions); }
  uint64_t FreeSpace(const std::string& path) override { return inner_.FreeSpace(path); }

 private:
  class DurableFile;

  FileSystem& inner_;
  OnUnknown on_unknown_;
};

}  // namespace orrery
