#pragma once

#include <memory>
#include <utility>

#include "base/file_system.h"
#include "jobs/executor.h"

namespace orrery::jobs::local {

/// Reads the log of a local attempt.
class FileLog : public AttemptLog {
 public:
  explicit FileLog(std::unique_ptr<File> file) : file_(std::move(file)) {}

  std::uint64_t Size() override { return file_->Size(); }
  std::string Read(std::uint64_t offset, std::size_t max_bytes) override {
    std::string bytes(max_bytes, '\0');
    bytes.resize(file_->ReadAt(offset, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }

 private:
  std::unique_ptr<File> file_;
};

}  // namespace orrery::jobs::local
