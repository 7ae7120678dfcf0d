#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs/record.h"
#include "supervisor/attempt.h"
#include "supervisor/attempt_directory.h"
#include "supervisor/control_groups.h"
#include "supervisor/image_root.h"
#include "supervisor/process.h"

// Three processes. The first one returns to the server as soon as the attempt is claimed or refused. The
// second, the guard, outlives the third, the supervisor: it waits for it and, should it be killed, kills what
// it leaves behind, so that the lock, which both hold, is free only when nothing of the attempt runs any
// more.

namespace orrery::supervisor {
namespace {

namespace record = jobs::record;

constexpr long kOutcomeBytes = 64 << 10;
constexpr long kStartedBytes = 4 << 10;

int Fail(record::ExitCode code, const char* what, const char* why) {
  std::printf("%s: %s\n", what, why);
  std::fflush(stdout);  // left by _exit
  return code;
}

int FailWith(int error, const char* what) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return Fail(full ? record::kNoSpace : record::kSystemError, what, strerror(error));
}

// Lets go of what the server gave us: from now on the log belongs to the steps.
void DetachStreams() {
  const Descriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int stream = 0; stream < 3; ++stream) dup2(null.number(), stream);
}

int Report(const Descriptor& pipe, int code) {
  const auto byte = static_cast<unsigned char>(code);
  [[maybe_unused]] const ssize_t written = write(pipe.number(), &byte, 1);
  return code;
}

// Claims the attempt and runs it to its end.
int Supervise(const AttemptDirectory& directory, Descriptor claimed) {
  const AttemptDirectory::Content content = directory.ReadLaunch();
  if (content.error != 0) return Report(claimed, FailWith(content.error, "cannot read the launch record"));
  const record::Decoded<record::LaunchRecord> launch = record::DecodeLaunch(content.bytes);
  if (!launch.record) {
    return Report(claimed, Fail(record::kBadLaunchRecord, "bad launch record", launch.error.c_str()));
  }
  const auto already_claimed = [&] {
    return Report(claimed, Fail(record::kAlreadyClaimed, "already claimed", launch.record->job_id.c_str()));
  };
  if (directory.IsClaimed()) return already_claimed();  // what it reserved is not touched
  AttemptDirectory::Reservation outcome = directory.Reserve(record::kOutcomeFile, kOutcomeBytes);
  if (outcome.error != 0)
    return Report(claimed, FailWith(outcome.error, "cannot reserve space for the outcome"));
  AttemptDirectory::Reservation started = directory.Reserve(record::kStartedFile, kStartedBytes);
  if (started.error != 0) return Report(claimed, FailWith(started.error, "cannot reserve space for records"));

  const record::ClaimRecord claim = {launch.record->attempt, launch.record->token, getpid(), BootId(),
                                     OwnStartTicks()};
  if (const int error = directory.Claim(record::Encode(claim))) {
    if (error == EEXIST) return already_claimed();
    return Report(claimed, FailWith(error, "cannot claim the attempt"));
  }
  DetachStreams();
  Report(claimed, record::kClaimed);
  claimed = Descriptor();

  Attempt attempt(*launch.record, directory, std::move(started.record));
  return outcome.record.Publish(record::Encode(attempt.Run()), true) == 0 ? 0 : 1;
}

// Kills what a killed supervisor left, and removes its control groups.
void KillRemains(const AttemptDirectory& directory) {
  const record::Decoded<record::LaunchRecord> launch = record::DecodeLaunch(directory.ReadLaunch().bytes);
  const std::vector<record::Group> none;
  const ControlGroups groups(launch.record ? launch.record->groups : none);
  groups.Kill();
  KillDescendants();
  groups.Remove();
}

// Locks the attempt and stays until its supervisor and all that it started are gone.
int Guard(AttemptDirectory& directory, Descriptor claimed) {
  setsid();
  if (const int error = directory.Lock()) {
    if (error == EAGAIN)
      return Report(claimed, Fail(record::kAlreadyHeld, "already held", "by another supervisor"));
    return Report(claimed, FailWith(error, "cannot lock the attempt"));
  }
  AdoptOrphans();
  const pid_t supervisor = fork();
  if (supervisor == 0) {
    AdoptOrphans();
    _exit(Supervise(directory, std::move(claimed)));
  }
  if (supervisor < 0) return Report(claimed, FailWith(errno, "cannot create a process"));
  claimed = Descriptor();
  DetachStreams();
  while (waitpid(supervisor, nullptr, 0) < 0 && errno == EINTR) {
  }
  KillRemains(directory);
  directory.Unlock();
  return 0;
}

int Launch(const char* launch_path) {
  AttemptDirectory directory;
  if (const int error = directory.Open(launch_path))
    return FailWith(error, "cannot open the attempt's directory");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return FailWith(errno, "cannot create a pipe");
  const Descriptor answer(ends[0]);
  Descriptor claimed(ends[1]);
  const pid_t guard = fork();
  if (guard == 0) {
    if (chdir("/") != 0) _exit(FailWith(errno, "cannot enter /"));
    _exit(Guard(directory, std::move(claimed)));
  }
  if (guard < 0) return FailWith(errno, "cannot create a process");
  claimed = Descriptor();
  unsigned char code = 0;
  ssize_t got = 0;
  do got = read(answer.number(), &code, 1);
  while (got < 0 && errno == EINTR);
  if (got != 1) return Fail(record::kSystemError, "no answer", "the supervisor died before it claimed");
  // Refused: the lock is free again when the server hears of it.
  while (code != record::kClaimed && waitpid(guard, nullptr, 0) < 0 && errno == EINTR) {
  }
  return code;
}

// Tries whether images can be entered here, and says why not.
int TryToEnter(const char* directory, const char* scratch) {
  std::vector<std::string> env;
  const EnterFailure failure = EnterImage({directory, scratch, {}}, env);
  if (failure.what.empty()) return 0;
  errno = failure.error;
  return FailWith(failure.error, failure.what.c_str());
}

}  // namespace
}  // namespace orrery::supervisor

int main(int argc, char** argv) {
  namespace supervisor = orrery::supervisor;
  if (argc == 4 && std::string_view(argv[1]) == "--enter") return supervisor::TryToEnter(argv[2], argv[3]);
  if (argc != 2) {
    std::fputs(
        "usage: orrery-supervisor LAUNCH_RECORD\n"
        "       orrery-supervisor --enter IMAGE SCRATCH\n"
        "Runs one attempt of a job, or tries whether an image can be entered. Started by the server.\n",
        stderr);
    return orrery::jobs::record::kUsage;
  }
  // Blocked before the first fork, so that none is lost or fatal between the claim and the event loop.
  const sigset_t handled = supervisor::HandledSignals();
  sigprocmask(SIG_BLOCK, &handled, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  syscall(SYS_close_range, 3u, ~0u, 0u);
  return supervisor::Launch(argv[1]);
}
