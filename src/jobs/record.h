#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The files that a server and a supervisor speak through, one directory an attempt. Includes nothing of ours
/// and needs no exceptions, so that the static supervisor can link it.
///
/// - launch: LaunchRecord, written by the server before it starts a supervisor
/// - lock: an open file lock (F_OFD_SETLK) held for as long as anything of the attempt may run; only its holder opens
///   the file for writing
/// - claim: ClaimRecord, created exclusively and synced before anything is executed: who has it runs the attempt
/// - started: StartedRecord, when the main step has begun
/// - outcome: OutcomeRecord, when everything has ended
/// - log: stdout and stderr of all steps
/// - dropped: DroppedRecord, written in place before the log loses anything; absent as long as it is whole
/// - usage: what the attempt uses, one sample a line (supervisor/usage_sampler.h)
/// - work: the working directory
///
/// Encoding: a line "orrery-record 1 KIND LENGTH CHECKSUM", then LENGTH bytes of fields
/// "name:LENGTH:bytes\n". A reader skips fields that it does not know, so that a server can read what an
/// older or newer supervisor wrote.
namespace orrery::jobs::record {

inline constexpr char kLaunchFile[] = "launch";
inline constexpr char kLockFile[] = "lock";
inline constexpr char kClaimFile[] = "claim";
inline constexpr char kStartedFile[] = "started";
inline constexpr char kOutcomeFile[] = "outcome";
/// Appended to the name of a record whose space is set aside. Killed at the wrong time, a supervisor leaves a whole record
/// under this name.
inline constexpr char kReservedSuffix[] = ".reserved";
inline constexpr char kLogFile[] = "log";
inline constexpr char kDroppedFile[] = "dropped";
inline constexpr char kUsageFile[] = "usage";
inline constexpr char kWorkDirectory[] = "work";

/// How `orrery-supervisor LAUNCH_FILE` exits: kClaimed once the attempt is claimed and held by a process of
/// its own. After any other code nothing was executed by it.
enum ExitCode {
  kClaimed = 0,
  kUsage = 64,
  kBadLaunchRecord = 65,
  kAlreadyClaimed = 66,
  kAlreadyHeld = 67,
  kNoSpace = 68,
  kSystemError = 71,
};

/// A file or directory of the machine that is found in an image too.
struct Mount {
  std::string source;
  std::string target;
  /// Otherwise, and whatever its permissions are, it cannot be written to.
  std::int64_t writable = 0;

  bool operator==(const Mount&) const = default;
};

/// The files of a container image, which a step finds instead of the machine's.
struct ImageRoot {
  /// Holds root/, the files, and variables, a text of "NAME=value" lines. May be a link.
  std::string directory;
  /// An empty directory to mount at. Nothing is left in it: what the step changes of the image is gone with the step.
  std::string scratch;
  std::vector<Mount> mounts;

  bool operator==(const ImageRoot&) const = default;
};

/// A program to run to its end. A step that does not exit with 0 is the last one run.
struct Step {
  std::string label;
  std::vector<std::string> argv;
  /// The whole environment, "NAME=value" each.
  std::vector<std::string> env;
  std::string cwd;
  /// 0: none.
  std::int64_t timeout_ms = 0;
  /// Whose variables are added to env, where that has none of the name.
  std::optional<ImageRoot> image = std::nullopt;

  bool operator==(const Step&) const = default;
};

/// A control group for all that an attempt runs. The supervisor makes it, and removes it at the end.
struct Group {
  /// 1 or 2: the hierarchy's version.
  std::int64_t version = 0;
  std::string directory;
  /// "WORD FILE VALUE" each, written in this order. WORD says what is limited, for people: "memory". A '?' before it: the
  /// file need not be there. No setting: the group only holds the processes together.
  std::vector<std::string> settings;

  bool operator==(const Group&) const = default;
};

/// The last step is the main one; those before prepare it. SIGUSR1 to the supervisor cancels the attempt.
struct LaunchRecord {
  std::string job_id;
  std::int64_t attempt = 0;
  std::int64_t token = 0;
  std::vector<Step> steps;
  /// Asks a step to end; none: SIGTERM.
  std::optional<std::int64_t> end_signal;
  /// Between that signal and SIGKILL.
  std::int64_t grace_ms = 10'000;
  /// What the job asked for; none: not known.
  std::optional<std::int64_t> memory_bytes;
  /// RLIMIT_DATA of each process where no group limits memory; 0: none.
  std::int64_t memory_limit_bytes = 0;
  /// Those that cannot be made are left out.
  std::vector<Group> groups;
  /// Of its log the first MiB and at least so many of the last bytes are kept; none: all.
  std::optional<std::int64_t> log_keep_bytes;
  /// Numbers of the CPUs that its processes may run on; none: all. Those of `cpus_are_shared` are not its own alone, and the
  /// server may change them later.
  std::vector<std::string> cpus;
  std::optional<std::int64_t> cpus_are_shared;
  /// The GPUs that the server gave it, for the server that adopts it.
  std::vector<std::string> gpus;

  bool operator==(const LaunchRecord&) const = default;
};

struct ClaimRecord {
  std::int64_t attempt = 0;
  std::int64_t token = 0;
  /// Or one of these, for a claim of the server's own, which no supervisor can run.
  std::int64_t pid = 0;
  static constexpr std::int64_t kCancelled = 0;
  /// The directory is about to be laid out afresh.
  static constexpr std::int64_t kCleared = -1;
  std::string boot_id;
  /// Field 22 of /proc/PID/stat, in clock ticks since boot: together with pid and boot id it names a process
  /// for ever.
  std::int64_t start_ticks = 0;

  bool operator==(const ClaimRecord&) const = default;
};

struct StartedRecord {
  std::int64_t started_at_us = 0;
  /// Which limits hold, by what.
  std::string enforcement;

  bool operator==(const StartedRecord&) const = default;
};

enum class Cause {
  kExited,
  kSignalled,
  kOutOfMemory,
  kTimeout,
  kCancelled,
  /// The supervisor was told to end by SIGTERM or SIGINT: the machine goes down.
  kTerminated,
  kLaunchFailed,
  kStorageFull,
};

struct OutcomeRecord {
  Cause cause = Cause::kExited;
  std::optional<std::int64_t> exit_code;
  std::optional<std::int64_t> signal;
  std::string message;
  /// Index of the last step run.
  std::int64_t step = 0;
  /// When the main step began.
  std::optional<std::int64_t> started_at_us;
  std::int64_t ended_at_us = 0;
  /// Of the last step run, with the children that it waited for.
  std::int64_t max_rss_bytes = 0;
  std::int64_t user_cpu_us = 0;
  std::int64_t system_cpu_us = 0;

  bool operator==(const OutcomeRecord&) const = default;
};

/// The part of the log that is not kept.
struct DroppedRecord {
  /// `end` of a log that is cut at `begin`.
  static constexpr std::int64_t kRest = INT64_MAX;

  std::int64_t begin = 0;
  std::int64_t end = 0;

  bool operator==(const DroppedRecord&) const = default;
};

/// A record, or why the bytes are none.
template <class Record>
struct Decoded {
  std::optional<Record> record;
  std::string error;
};

std::string Encode(const LaunchRecord& record);
std::string Encode(const ClaimRecord& record);
std::string Encode(const StartedRecord& record);
std::string Encode(const OutcomeRecord& record);
std::string Encode(const DroppedRecord& record);

/// Puts the line with length and checksum before the fields of a record. Encode does it by itself.
std::string Frame(std::string_view kind, std::string_view payload);

/// Refuse torn, corrupt and foreign bytes and records with a field missing. NULs after the record are
/// allowed: a file may have been reserved larger.
Decoded<LaunchRecord> DecodeLaunch(std::string_view bytes);
Decoded<ClaimRecord> DecodeClaim(std::string_view bytes);
Decoded<StartedRecord> DecodeStarted(std::string_view bytes);
Decoded<OutcomeRecord> DecodeOutcome(std::string_view bytes);
Decoded<DroppedRecord> DecodeDropped(std::string_view bytes);

}  // namespace orrery::jobs::record
