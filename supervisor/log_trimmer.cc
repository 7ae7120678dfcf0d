#include "supervisor/log_trimmer.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "supervisor/clocks.h"

namespace orrery::supervisor {

int PunchHole(int file, std::int64_t begin, std::int64_t end) {
  return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, end - begin) == 0 ? 0 : errno;
}

LogTrimmer::LogTrimmer(const AttemptDirectory& directory, std::int64_t keep,
                       int (*punch)(int, std::int64_t, std::int64_t))
    : directory_(directory), keep_(keep), punch_(punch) {
  if (keep_ <= 0) return;
  log_ = directory.OpenLog();
  if (!log_) return;  // then no step starts either
  timer_ = Descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  SetTimer(timer_.number(), pause_ms_);
}

void LogTrimmer::TakeDue() {
  std::uint64_t expirations = 0;
  if (read(timer_.number(), &expirations, sizeof expirations) != sizeof expirations) return;
  const std::int64_t before = size_;
  Trim();
  pause_ms_ = size_ == before ? std::min(2 * pause_ms_, kLongestPauseMs) : kShortestPauseMs;
  SetTimer(timer_.number(), pause_ms_);
}

void LogTrimmer::Trim() {
  struct stat info = {};
  if (!log_ || fstat(log_.number(), &info) != 0) return;
  size_ = info.st_size;
  if (cuts_) {
    if (size_ > dropped_.begin + kUnitBytes) Cut();
    return;
  }
  // The job itself emptied it.
  if (size_ < dropped_.end) {
    Drop(0, 0);
    punched_ = kHeadBytes;
  }
  const std::int64_t end = (size_ - keep_) / kUnitBytes * kUnitBytes;
  if (end <= punched_) return;
  Drop(kHeadBytes, end);
  const int error = punch_(log_.number(), punched_, end);
  if (error == 0) punched_ = end;
  if (error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == EPERM) {
    cuts_ = true;
    Drop(kHeadBytes + keep_, jobs::record::DroppedRecord::kRest);
    Cut();
  }
}

void LogTrimmer::TrimLast() {
  if (!cuts_) Trim();
}

void LogTrimmer::Cut() {
  // Should it fail, the next look tries again.
  [[maybe_unused]] const int error = ftruncate(log_.number(), dropped_.begin);
}

// Nothing depends on it but what readers are told.
void LogTrimmer::Drop(std::int64_t begin, std::int64_t end) {
  dropped_ = {begin, end};
  if (!record_) record_ = directory_.OpenDropped();
  const std::string bytes = jobs::record::Encode(dropped_);
  [[maybe_unused]] const ssize_t written = pwrite(record_.number(), bytes.data(), bytes.size(), 0);
  [[maybe_unused]] const int error = ftruncate(record_.number(), static_cast<off_t>(bytes.size()));
}

}  // namespace orrery::supervisor
