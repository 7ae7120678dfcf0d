#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "jobs/executor.h"
#include "jobs/record.h"

namespace orrery::jobs::local {

/// Reads the log of a local attempt, and what the supervisor says it dropped of it (jobs/record.h).
class FileLog : public AttemptLog {
 public:
  /// `dropped`: the path of that record. `files` must outlive this object.
  FileLog(FileSystem& files, std::unique_ptr<File> file, std::string dropped);

  std::uint64_t Size() override;
  bool IsWhole() override;
  LogPart Read(std::uint64_t offset, std::size_t max_bytes) override;

 private:
  void ReadDropped();

  FileSystem& files_;
  std::unique_ptr<File> file_;
  const std::string dropped_path_;
  std::unique_ptr<File> dropped_file_;
  record::DroppedRecord dropped_;
};

}  // namespace orrery::jobs::local
