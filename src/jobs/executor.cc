#include "jobs/executor.h"

namespace orrery::jobs {

const char* Name(EndCause cause) {
  switch (cause) {
    case EndCause::kExited:
      return "exited";
    case EndCause::kSignalled:
      return "signalled";
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
    case EndCause::kLost:
      return "lost";
  }
  return "lost";
}

}  // namespace orrery::jobs
