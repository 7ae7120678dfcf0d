#include <iostream>

#include "cli/context.h"

int main(int argc, char** argv) {
  using namespace orrery;
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
