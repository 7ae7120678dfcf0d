#pragma once

#include <optional>
#include <string>

#include "base/file_system.h"
#include "jobs/executor.h"
#include "jobs/record.h"

namespace orrery::jobs::local {

/// What the files of an attempt say at one moment.
struct AttemptFacts {
  /// A process of the attempt may be alive.
  bool locked = false;
  /// There is a claim, whole or not.
  bool claimed = false;
  std::optional<record::ClaimRecord> claim;
  std::optional<record::StartedRecord> started;
  std::optional<record::OutcomeRecord> outcome;

  /// Whether the claim is one that nothing was, or will be, executed under: a server cleared the attempt, or whoever made
  /// it died before it was written, and so before anything was executed.
  bool ClaimIsVoid() const {
    return claimed && !outcome && (claim ? claim->pid == record::ClaimRecord::kCleared : !locked);
  }
};

/// The files of one attempt, seen from the server: DATA/jobs/JOB/NUMBER, laid out as jobs/record.h says, and
/// beside them
///   requirements, lock   the text that its environment is built from, by its kind
///   resolved/            one file, named after a field of EnvironmentSpec: what the environment came to
/// Errors of every call: those of FileSystem.
class AttemptFiles {
 public:
  /// `files` must outlive this object. Errors: invalid_argument (an id that is no plain name).
  AttemptFiles(FileSystem& files, const std::string& jobs_directory, const AttemptId& id);

  const std::string& directory() const { return directory_; }
  std::string Path(const char* name) const { return directory_ + "/" + name; }
  /// The folder that all attempts of the job share, and that is kept: DATA/jobs/JOB/checkpoint.
  std::string CheckpointDirectory() const { return ParentOf(directory_) + "/checkpoint"; }
  static constexpr char kResolved[] = "resolved";

  /// Whether Start laid anything out here.
  bool Exists() const;

  /// Reads all records. With a claim, no lock and no outcome there will be none any more.
  AttemptFacts Read() const;

  /// Waits for a lock to go whose holder has just closed the file: the kernel tells of the close first. A moment at most,
  /// since another may hold it too.
  void AwaitRelease() const;

  /// Takes the claim for the server, so that no supervisor will run the attempt: for good, as cancelled, or to lay it out
  /// afresh. False: a supervisor has claimed it, or it was cancelled.
  bool Cancel() const;
  bool Clear() const;

  /// After Clear: makes sure that no supervisor spawned earlier can claim once the claim is removed. Whoever holds the
  /// lock may have read the launch record already, and is waited for. Errors: unavailable (it does not let go).
  void Disarm() const;

  /// Returns the launch record; none when it is absent or damaged.
  std::optional<record::LaunchRecord> ReadLaunch() const;

  /// Returns what the attempt's environment came to; none when that is not known, or not yet.
  std::optional<EnvironmentSpec> ReadResolved() const;

  /// Returns the line of the log's end that speaks of an error, or else the last one, for people.
  std::string LastWords() const;

  /// Returns the log's last lines (jobs/log_tail.h).
  std::string LogTail() const;

 private:
  std::string EndOfLog(std::uint64_t most) const;
  std::string ReadIfThere(const std::string& path) const;
  bool IsLocked() const;
  bool Claim(std::int64_t pid) const;

  FileSystem& files_;
  std::string directory_;
};

}  // namespace orrery::jobs::local
