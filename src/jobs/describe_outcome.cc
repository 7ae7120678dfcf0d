#include <csignal>
#include <cstring>

#include "jobs/machine.h"

namespace orrery::jobs {
namespace {

std::string SignalText(int signal) {
  const char* name = sigabbrev_np(signal);
  std::string text = "signal " + std::to_string(signal);
  if (name != nullptr) text += std::string(" (SIG") + name + ")";
  return text;
}

}  // namespace

std::string DescribeOutcome(const AttemptOutcome& outcome) {
  std::string text;
  switch (outcome.cause) {
    case EndCause::kExited:
      text = "exited with code " + std::to_string(outcome.exit_code.value_or(0));
      break;
    case EndCause::kSignalled:
      text = "killed by " + SignalText(outcome.signal.value_or(0));
      break;
    case EndCause::kOutOfMemory:
      text = "ran out of memory and was killed";
      break;
    case EndCause::kTimeout:
      text = "ran longer than its timeout and was ended";
      break;
    case EndCause::kCancelled:
      text = outcome.started_at_us ? "its command was ended" : "its command never began";
      break;
    case EndCause::kEnvironment:
      text = "its environment could not be prepared: the log says why";
      break;
    case EndCause::kLaunchFailed:
      text = "its command could not be executed";
      break;
    case EndCause::kStorageFull:
      text = "no space was left for its files";
      break;
    case EndCause::kLostInReboot:
      text = "lost: the machine went down while it ran";
      break;
    case EndCause::kLostWithSupervisor:
      text = "lost: its supervisor was killed and wrote no outcome";
      break;
  }
  if (!outcome.message.empty()) text += ": " + outcome.message;
  return text;
}

}  // namespace orrery::jobs
