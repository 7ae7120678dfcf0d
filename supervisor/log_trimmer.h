#pragma once

#include <cstdint>

#include <sys/types.h>

#include "jobs/record.h"
#include "supervisor/attempt_directory.h"
#include "supervisor/descriptor.h"

namespace orrery::supervisor {

/// Gives the space between `begin` and `end` of a file back; its size stays. Returns errno or 0.
int PunchHole(int file, std::int64_t begin, std::int64_t end);

/// Bounds an attempt's log, whatever the attempt prints: its first MiB and its last `keep` bytes stay where they are, and
/// what is between them is given back to the disk. The record `dropped` says which part that is, before it is gone.
///
/// Where the file system gives nothing back, the log keeps its first `keep` bytes and a MiB, and is cut there again and
/// again.
///
/// It is looked at ten times a second while it grows and once a second otherwise, so that it holds more for as long. To be
/// told of its growth would take one of the user's few inotify instances for each attempt.
class LogTrimmer {
 public:
  static constexpr std::int64_t kHeadBytes = 1 << 20;
  /// Space is given back in pieces of this.
  static constexpr std::int64_t kUnitBytes = 1 << 20;

  /// `keep`: 0: everything. `directory` must outlive this object.
  LogTrimmer(const AttemptDirectory& directory, std::int64_t keep,
             int (*punch)(int, std::int64_t, std::int64_t));

  /// Becomes readable when the log is to be looked at; -1: never.
  int timer() const { return timer_.number(); }
  void TakeDue();

  void Trim();
  /// To be called when nobody prints any more. What a cut log has beyond its end stays then: its last words.
  void TrimLast();

 private:
  void Cut();
  void Drop(std::int64_t begin, std::int64_t end);

  const AttemptDirectory& directory_;
  const std::int64_t keep_;
  int (*const punch_)(int, std::int64_t, std::int64_t);
  Descriptor log_;
  Descriptor timer_;
  static constexpr std::int64_t kShortestPauseMs = 100;
  static constexpr std::int64_t kLongestPauseMs = 1'000;
  std::int64_t pause_ms_ = kShortestPauseMs;
  std::int64_t size_ = 0;
  bool cuts_ = false;
  Descriptor record_;
  jobs::record::DroppedRecord dropped_;
  std::int64_t punched_ = kHeadBytes;  ///< up to here
};

}  // namespace orrery::supervisor
