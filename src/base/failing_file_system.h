#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"

namespace orrery {

/// Forwards to another file system and fails calls on command, those on open files too: for tests that sweep a fault over
/// every call.
class FailingFileSystem final : public FileSystem {
 public:
  explicit FailingFileSystem(FileSystem& inner) : inner_(inner) {}

  /// Fails the `nth` call from now on (from 1) with `code`; `sticky`, all after it too.
  void FailAt(int nth, Code code, bool sticky) {
    code_ = code;
    sticky_ = sticky;
    calls_left_ = nth;
  }
  void Heal() { calls_left_ = kNever; }
  /// Whether a call was failed since FailAt.
  bool Failed() const { return calls_left_ <= 0; }

  std::unique_ptr<File> Open(const std::string& path, OpenMode mode, uint32_t permissions = 0644) override {
    Call("open", path);
    return std::make_unique<FailingFile>(*this, path, inner_.Open(path, mode, permissions));
  }
  void Rename(const std::string& from, const std::string& to) override {
    Call("rename", from);
    inner_.Rename(from, to);
  }
  void Remove(const std::string& path) override {
    Call("remove", path);
    inner_.Remove(path);
  }
  void CreateDirectory(const std::string& path, uint32_t permissions = 0755) override {
    Call("create directory", path);
    inner_.CreateDirectory(path, permissions);
  }
  void SyncDirectory(const std::string& path) override {
    Call("sync directory", path);
    inner_.SyncDirectory(path);
  }
  std::vector<DirectoryEntry> List(const std::string& path) override {
    Call("list", path);
    return inner_.List(path);
  }
  FileInfo Stat(const std::string& path) override {
    Call("stat", path);
    return inner_.Stat(path);
  }
  void CreateLink(const std::string& target, const std::string& path) override {
    Call("create link", path);
    inner_.CreateLink(target, path);
  }
  std::string ReadLink(const std::string& path) override {
    Call("read link", path);
    return inner_.ReadLink(path);
  }
  void SetMode(const std::string& path, uint32_t permissions) override {
    Call("set mode", path);
    inner_.SetMode(path, permissions);
  }
  uint64_t FreeSpace(const std::string& path) override {
    Call("free space", path);
    return inner_.FreeSpace(path);
  }

 private:
  static constexpr int kNever = 1 << 30;

  class FailingFile final : public File {
   public:
    FailingFile(FailingFileSystem& files, std::string path, std::unique_ptr<File> inner)
        : files_(files), path_(std::move(path)), inner_(std::move(inner)) {}
    size_t ReadAt(uint64_t offset, std::span<std::byte> out) override {
      files_.Call("read", path_);
      return inner_->ReadAt(offset, out);
    }
    void WriteAt(uint64_t offset, std::span<const std::byte> data) override {
      files_.Call("write", path_);
      inner_->WriteAt(offset, data);
    }
    void Truncate(uint64_t size) override {
      files_.Call("truncate", path_);
      inner_->Truncate(size);
    }
    void Sync() override {
      files_.Call("sync", path_);
      inner_->Sync();
    }
    uint64_t Size() override {
      files_.Call("size", path_);
      return inner_->Size();
    }
    int Descriptor() const override { return inner_->Descriptor(); }

   private:
    FailingFileSystem& files_;
    std::string path_;
    std::unique_ptr<File> inner_;
  };

  void Call(const char* what, const std::string& path) {
    const int left = --calls_left_;
    if (left == 0 || (left < 0 && sticky_))
      throw Error(code_, std::string("injected fault: ") + what + ": " + path);
  }

  FileSystem& inner_;
  std::atomic<int> calls_left_ = kNever;
  std::atomic<bool> sticky_ = false;
  std::atomic<Code> code_ = Code::kInternal;
};

}  // namespace orrery
