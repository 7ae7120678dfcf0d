#include "jobs/local/file_watch.h"

#include <array>
#include <cerrno>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_system.h"

namespace orrery::jobs::local {
namespace {

Error WatchError(int error_number, const std::string& path) {
  if (error_number == ENOSPC || error_number == EMFILE) {
    return Error(Code::kResourceExhausted,
                 "this machine's limit of file watches is reached; raise fs.inotify.max_user_watches and "
                 "fs.inotify.max_user_instances: " +
                     path);
  }
  return SystemError(error_number, "cannot watch", path);
}

}  // namespace

FileWatch::FileWatch() : events_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (events_ < 0) throw WatchError(errno, "inotify");
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ >= 0) return;
  const int error_number = errno;
  close(events_);
  throw SystemError(error_number, "cannot create", "eventfd");
}

FileWatch::~FileWatch() {
  close(events_);
  close(wake_);
}

int FileWatch::Add(const std::string& path, unsigned mask) {
  const int watch = inotify_add_watch(events_, path.c_str(), mask);
  if (watch < 0) throw WatchError(errno, path);
  return watch;
}

int FileWatch::AddDirectory(const std::string& directory) {
  return Add(directory, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR);
}

int FileWatch::AddFile(const std::string& file) {
  return Add(file, IN_MODIFY | IN_DONT_FOLLOW);
}

void FileWatch::Remove(int watch) {
  inotify_rm_watch(events_, watch);
}

std::vector<FileWatch::Event> FileWatch::Wait(std::optional<std::chrono::milliseconds> at_most) {
  std::array<pollfd, 2> ready = {pollfd{events_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  const int timeout = at_most ? static_cast<int>(at_most->count()) : -1;
  while (poll(ready.data(), ready.size(), timeout) < 0 && errno == EINTR) {
  }
  uint64_t wakes = 0;
  [[maybe_unused]] const ssize_t taken = read(wake_, &wakes, sizeof wakes);

  std::vector<Event> events;
  alignas(inotify_event) std::array<char, 65536> buffer;
  const ssize_t size = read(events_, buffer.data(), buffer.size());
  for (ssize_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
    if ((event->mask & IN_Q_OVERFLOW) != 0) {
      events.push_back({kAll, {}});
    } else if ((event->mask & IN_IGNORED) == 0) {
      events.push_back({event->wd, event->len > 0 ? event->name : ""});
    }
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
  }
  return events;
}

void FileWatch::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

}  // namespace orrery::jobs::local
