#include <iostream>

#include <malloc.h>

#include "cli/context.h"

int main(int argc, char** argv) {
  using namespace orrery;
  // A few arenas for all threads: with one for each, memory that a burst of requests has freed stays held in all of them.
  mallopt(M_ARENA_MAX, 4);
  PosixFileSystem files;
  PosixProcesses processes;
  PosixNetwork network;
  SystemClock clock;
  SystemRandom random;
  cli::Context context{.files = files,
                       .processes = processes,
                       .network = network,
                       .clock = clock,
                       .random = random,
                       .environment = CurrentEnvironment(),
                       .terminal = cli::Terminal::Detect(),
                       .out = std::cout,
                       .err = std::cerr};
  return cli::Run(argc, argv, context);
}
