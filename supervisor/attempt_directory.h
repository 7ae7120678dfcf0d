#pragma once

#include <string>
#include <string_view>

#include "supervisor/descriptor.h"

namespace orrery::supervisor {

/// Space set aside for a record that must be written whatever the disk looks like then.
class ReservedRecord {
 public:
  ReservedRecord() = default;
  ReservedRecord(int directory, const char* name, Descriptor file)
      : directory_(directory), name_(name), file_(std::move(file)) {}

  /// Puts the record in place under its name, atomically; when `durable` it then survives a power loss.
  /// Returns errno or 0. The directory must still be open.
  int Publish(std::string_view bytes, bool durable);

 private:
  int directory_ = -1;
  const char* name_ = nullptr;
  Descriptor file_;
};

/// The directory of one attempt (jobs/record.h lists its files). Calls return errno, or 0.
class AttemptDirectory {
 public:
  /// Opens the directory that holds the file `launch_path`.
  int Open(const std::string& launch_path);

  /// Takes the lock that tells others that the attempt may have a process alive; held until every process
  /// that inherits it has ended. EAGAIN: another holds it.
  int Lock();

  /// Lets go of the lock for all who inherited it. Watchers of the file are told of its close just before the kernel
  /// drops its locks, so that the last holder does it by hand.
  void Unlock();

  struct Content {
    std::string bytes;
    int error = 0;
  };
  Content ReadLaunch() const;

  bool IsClaimed() const;

  struct Reservation {
    ReservedRecord record;
    int error = 0;
  };
  /// Allocates `size` bytes for the record `name`.
  Reservation Reserve(const char* name, long size) const;

  /// Creates the claim with `bytes` as its durable content. EEXIST: there is one. On ENOSPC none is left.
  int Claim(std::string_view bytes) const;

  /// Open files for appending.
  Descriptor OpenLog() const;
  Descriptor OpenUsage() const;

  /// Opens the record `dropped` to write it in place.
  Descriptor OpenDropped() const;

 private:
  Descriptor OpenToAppend(const char* name) const;

  std::string launch_name_;
  Descriptor directory_;
  Descriptor lock_;
};

}  // namespace orrery::supervisor
