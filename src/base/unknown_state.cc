#include "base/unknown_state.h"

#include <unistd.h>

#include "base/log.h"

namespace orrery {

void StopInUnknownState(const std::string& reason) {
  Log(LogLevel::kError, "what is on disk is unknown after an I/O error; stopping", {{"reason", reason}});
  _exit(kUnknownStateExit);
}

}  // namespace orrery
