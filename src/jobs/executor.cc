#include "jobs/executor.h"

namespace orrery::jobs {

const char* Name(EndCause cause) {
  switch (cause) {
    case EndCause::kExited:
      return "exited";
    case EndCause::kSignalled:
      return "signalled";
    case EndCause::kOutOfMemory:
      return "out_of_memory";
    case EndCause::kTimeout:
      return "timeout";
    case EndCause::kCancelled:
      return "cancelled";
    case EndCause::kEnvironment:
      return "environment";
    case EndCause::kLaunchFailed:
      return "launch_failed";
    case EndCause::kStorageFull:
      return "storage_full";
    case EndCause::kLostInReboot:
      return "lost_in_reboot";
    case EndCause::kLostWithSupervisor:
      return "lost_with_supervisor";
  }
  return "lost_with_supervisor";
}

}  // namespace orrery::jobs
