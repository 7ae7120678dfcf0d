#include "jobs/local/attempt_files.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>
#include <string_view>
#include <thread>

#include <fcntl.h>

#include "base/error.h"
#include "base/id.h"
#include "jobs/environment_spec.h"
#include "jobs/log_tail.h"

namespace orrery::jobs::local {
namespace {

struct AttemptTag {
  static constexpr std::string_view kField = "job_id";
};

constexpr uint64_t kMostRecordBytes = 16u << 20;

}  // namespace

AttemptFiles::AttemptFiles(FileSystem& files, const std::string& jobs_directory, const AttemptId& id)
    : files_(files),
      directory_(jobs_directory + "/" + Id<AttemptTag>::Parse(id.job_id).text() + "/" +
                 std::to_string(id.number)) {}

bool AttemptFiles::Exists() const {
  return files_.Exists(directory_);
}

std::string AttemptFiles::ReadIfThere(const std::string& path) const {
  try {
    return files_.ReadAll(path, kMostRecordBytes);
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) return {};
    throw;
  }
}

bool AttemptFiles::IsLocked() const {
  if (!files_.Exists(Path(record::kLockFile))) return false;
  const auto file = files_.Open(Path(record::kLockFile), OpenMode::kRead);
  // Only asks: a lock taken to find out would turn a supervisor away.
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (fcntl(file->Descriptor(), F_OFD_GETLK, &whole) != 0) {
    throw SystemError(errno, "cannot ask for the lock", Path(record::kLockFile));
  }
  return whole.l_type != F_UNLCK;
}

AttemptFacts AttemptFiles::Read() const {
  AttemptFacts facts;
  // In this order: a claim is made under the lock, and the outcome written before the lock is let go.
  const std::string claim = Path(record::kClaimFile);
  facts.claimed = files_.Exists(claim);
  if (facts.claimed) facts.claim = record::DecodeClaim(ReadIfThere(claim)).record;
  facts.locked = IsLocked();
  // Torn while it was being written, it is whole by now, or never will be.
  if (facts.claimed && !facts.claim) facts.claim = record::DecodeClaim(ReadIfThere(claim)).record;
  facts.started = record::DecodeStarted(ReadIfThere(Path(record::kStartedFile))).record;
  facts.outcome = record::DecodeOutcome(ReadIfThere(Path(record::kOutcomeFile))).record;
  if (!facts.outcome && !facts.locked) {
    // Killed between writing the outcome and naming it.
    const std::string reserved = Path(record::kOutcomeFile) + record::kReservedSuffix;
    facts.outcome = record::DecodeOutcome(ReadIfThere(reserved)).record;
  }
  return facts;
}

void AttemptFiles::AwaitRelease() const {
  constexpr int kMostTries = 20;
  for (int i = 0; i < kMostTries && IsLocked(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

bool AttemptFiles::Claim(std::int64_t pid) const {
  files_.CreateDirectories(directory_);
  const std::string text = record::Encode(record::ClaimRecord{.pid = pid});
  try {
    const auto file = files_.Open(Path(record::kClaimFile), OpenMode::kCreateNew, 0600);
    file->WriteAt(0, std::as_bytes(std::span(text)));
    file->Sync();
  } catch (const Error& error) {
    if (error.code() != Code::kAlreadyExists) throw;
    if (!Read().ClaimIsVoid()) return false;
    files_.WriteDurably(Path(record::kClaimFile), text, 0600);
  }
  files_.SyncDirectory(directory_);
  return true;
}

bool AttemptFiles::Cancel() const {
  return Claim(record::ClaimRecord::kCancelled);
}
bool AttemptFiles::Clear() const {
  return Claim(record::ClaimRecord::kCleared);
}

void AttemptFiles::Disarm() const {
  constexpr std::chrono::seconds kMostWait{10};
  if (files_.Exists(Path(record::kLaunchFile))) files_.Remove(Path(record::kLaunchFile));
  const auto deadline = std::chrono::steady_clock::now() + kMostWait;
  while (IsLocked()) {
    if (std::chrono::steady_clock::now() > deadline)
      throw Error(Code::kUnavailable,
                  "an earlier supervisor of this attempt is still there: try again: " + directory_);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::optional<record::LaunchRecord> AttemptFiles::ReadLaunch() const {
  return record::DecodeLaunch(ReadIfThere(Path(record::kLaunchFile))).record;
}

std::optional<EnvironmentSpec> AttemptFiles::ReadResolved() const {
  const std::string folder = Path(kResolved);
  if (!files_.Exists(folder)) return std::nullopt;
  for (const DirectoryEntry& entry : files_.List(folder)) {
    EnvironmentSpec spec = SpecOf({entry.name, ReadIfThere(folder + "/" + entry.name)});
    if (spec != EnvironmentSpec()) return spec;
  }
  return std::nullopt;
}

std::string AttemptFiles::EndOfLog(uint64_t most) const {
  if (!files_.Exists(Path(record::kLogFile))) return {};
  const auto log = files_.Open(Path(record::kLogFile), OpenMode::kRead);
  const uint64_t size = log->Size();
  std::string tail(std::min(size, most), '\0');
  tail.resize(log->ReadAt(size - tail.size(), std::as_writable_bytes(std::span(tail))));
  return tail;
}

std::string AttemptFiles::LogTail() const {
  constexpr uint64_t kTail = 8192;
  return jobs::LogTail(EndOfLog(kTail));
}

std::string AttemptFiles::LastWords() const {
  constexpr uint64_t kTail = 8192;
  constexpr std::size_t kMostWords = 400;
  std::string tail = EndOfLog(kTail);
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == ' ')) tail.pop_back();
  // pip puts a notice of a new release, or a hint, behind the line that matters.
  std::size_t begin = tail.rfind("ERROR: ");
  if (begin == std::string::npos) begin = tail.rfind('\n') == std::string::npos ? 0 : tail.rfind('\n') + 1;
  const std::size_t end = std::min(tail.find('\n', begin), tail.size());
  return tail.substr(begin, std::min(end - begin, kMostWords));
}

}  // namespace orrery::jobs::local
