#include "jobs/local/file_log.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "jobs/log_notice.h"

namespace orrery::jobs::local {
FileLog::FileLog(FileSystem& files, std::unique_ptr<File> file, std::string dropped)
    : files_(files), file_(std::move(file)), dropped_path_(std::move(dropped)) {
  ReadDropped();
}

std::uint64_t FileLog::Size() {
  ReadDropped();
  const std::uint64_t size = file_->Size();
  const bool cut = dropped_.end == record::DroppedRecord::kRest;
  return cut ? std::min(size, static_cast<std::uint64_t>(dropped_.begin)) : size;
}

bool FileLog::IsWhole() {
  ReadDropped();
  return dropped_.begin == dropped_.end;
}

LogPart FileLog::Read(std::uint64_t offset, std::size_t max_bytes) {
  LogPart part{.bytes = std::string(max_bytes, '\0'), .next = offset};
  const bool beyond = offset >= file_->Size();
  part.bytes.resize(beyond ? 0 : file_->ReadAt(offset, std::as_writable_bytes(std::span(part.bytes))));
  part.next += part.bytes.size();
  // Asked afterwards: what was dropped while it was being read is in the record by now.
  ReadDropped();
  const auto begin = static_cast<std::uint64_t>(dropped_.begin);
  const auto end = static_cast<std::uint64_t>(dropped_.end);
  if (begin == end || offset >= end) return part;
  if (offset >= begin) {
    const bool cut = dropped_.end == record::DroppedRecord::kRest;
    return {.bytes = DroppedNotice(cut ? std::nullopt : std::optional(end - offset)), .next = end};
  }
  if (part.next > begin) {
    part.bytes.resize(begin - offset);
    part.next = begin;
  }
  return part;
}

void FileLog::ReadDropped() {
  constexpr int kMostTries = 100;
  constexpr std::size_t kMostBytes = 1024;
  if (!dropped_file_) {
    if (!files_.Exists(dropped_path_)) return;
    dropped_file_ = files_.Open(dropped_path_, OpenMode::kRead);
  }
  // It is written in place: a torn one is whole a moment later. One that never is leaves the one before.
  for (int i = 0; i < kMostTries; ++i) {
    std::string text(kMostBytes, '\0');
    text.resize(dropped_file_->ReadAt(0, std::as_writable_bytes(std::span(text))));
    const auto decoded = record::DecodeDropped(text);
    if (!decoded.record) continue;
    dropped_ = *decoded.record;
    return;
  }
}

}  // namespace orrery::jobs::local
