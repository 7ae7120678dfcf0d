#include "supervisor/clocks.h"

#include <sys/timerfd.h>

namespace orrery::supervisor {

void SetTimer(int timer, std::int64_t milliseconds) {
  itimerspec time = {};
  time.it_value.tv_sec = milliseconds / 1000;
  time.it_value.tv_nsec = milliseconds % 1000 * 1'000'000;
  timerfd_settime(timer, 0, &time, nullptr);
}

}  // namespace orrery::supervisor
