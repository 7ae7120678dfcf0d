#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace orrery::jobs::local {

/// Hears from the kernel (inotify) what changes in watched places: idle costs nothing, and nothing is polled.
/// Add and Remove are safe from any thread; one thread waits.
class FileWatch {
 public:
  /// Errors: internal, resource_exhausted (the machine's inotify limits).
  FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch();

  /// Watches for files in `directory` that are closed after writing or renamed to it. Returns the watch's number.
  /// Errors: not_found, resource_exhausted, internal.
  int AddDirectory(const std::string& directory);
  /// Watches for writes to a file; again returns the same number.
  int AddFile(const std::string& file);
  void Remove(int watch);

  struct Event {
    /// kAll: events were lost, anything may have changed.
    int watch;
    /// The file in a watched directory.
    std::string name;
  };
  static constexpr int kAll = -1;

  /// Blocks until something changed, Wake was called or `at_most` is over: then the list may be empty.
  std::vector<Event> Wait(std::optional<std::chrono::milliseconds> at_most = std::nullopt);
  void Wake();

 private:
  int Add(const std::string& path, unsigned mask);

  int events_ = -1;
  int wake_ = -1;
};

}  // namespace orrery::jobs::local
