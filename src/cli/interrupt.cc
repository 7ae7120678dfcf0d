#include "cli/interrupt.h"

#include <csignal>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace orrery::cli {
namespace {

// A signal handler can reach nothing else.
std::string_view shown_on_interrupt;

void SayFarewell(int) {
  constexpr int kInterrupted = 130;
  if (write(STDERR_FILENO, shown_on_interrupt.data(), shown_on_interrupt.size()) < 0) _exit(kInterrupted);
  _exit(kInterrupted);
}

}  // namespace

InterruptFarewell::InterruptFarewell(std::string farewell) : farewell_(std::move(farewell)) {
  shown_on_interrupt = farewell_;
  std::signal(SIGINT, SayFarewell);
}

InterruptFarewell::~InterruptFarewell() {
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace orrery::cli
