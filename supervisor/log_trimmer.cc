#include "supervisor/log_trimmer.h"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "supervisor/clocks.h"

namespace orrery::supervisor {
namespace {

constexpr std::int64_t kPauseMs = 100;

}  // namespace

int PunchHole(int file, std::int64_t begin, std::int64_t end) {
  return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, end - begin) == 0 ? 0 : errno;
}

LogTrimmer::LogTrimmer(const AttemptDirectory& directory, std::int64_t keep,
                       int (*punch)(int, std::int64_t, std::int64_t))
    : directory_(directory), keep_(keep), punch_(punch) {
  if (keep_ <= 0) return;
  log_ = directory.OpenLog();
  if (!log_) return;  // then no step starts either
  grown_ = Descriptor(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  pause_ = Descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  const std::string path = "/proc/self/fd/" + std::to_string(log_.number());
  // Out of inotify's instances: looks at it by the clock.
  if (!grown_ || inotify_add_watch(grown_.number(), path.c_str(), IN_MODIFY) < 0) grown_ = Descriptor();
  if (grown_) return;
  pausing_ = true;
  SetTimer(pause_.number(), kPauseMs);
}

int LogTrimmer::descriptor() const {
  return pausing_ ? pause_.number() : grown_.number();
}

void LogTrimmer::TakeEvent() {
  alignas(inotify_event) char events[4096];
  while (read(descriptor(), events, sizeof events) > 0) {
  }
  if (pausing_) Trim();
  pausing_ = !pausing_ || !grown_;
  if (pausing_) SetTimer(pause_.number(), kPauseMs);
}

void LogTrimmer::Trim() {
  struct stat info = {};
  if (!log_ || fstat(log_.number(), &info) != 0) return;
  const std::int64_t size = info.st_size;
  if (cuts_) {
    if (size > dropped_.begin + kUnitBytes) Cut();
    return;
  }
  // The job itself emptied it.
  if (size < dropped_.end) {
    Drop(0, 0);
    punched_ = kHeadBytes;
  }
  const std::int64_t end = (size - keep_) / kUnitBytes * kUnitBytes;
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
