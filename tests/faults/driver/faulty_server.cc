// The server as `orrery serve` runs it, on a loopback port, over files and a database that fail by plan.
//
//   orrery_faulty_server DATA [PLAN]
//
// Lines on standard input steer it, each answered by one line of JSON: "set PLAN" takes another plan, "counts" tells how
// often each site was called. At the end of the input the server stops. Exit status: 0, 1 (it cannot start), 70 (what is
// on disk is unknown), 99 (crashed by the plan).
#include <iostream>
#include <string>

#include "base/error.h"
#include "base/fault_plan.h"
#include "base/faulty_file_system.h"
#include "base/json.h"
#include "base/processes.h"
#include "base/random.h"
#include "server/server.h"
#include "sql/sqlite/faulty_vfs.h"

namespace orrery {
namespace {

std::string Counts(const FaultPlan& plan) {
  json::object sites;
  for (const auto& [site, count] : plan.Counts()) sites[site] = count;
  return json::serialize(
      json::object{{"plan", plan.Text()}, {"hit", plan.Hit()}, {"calls", plan.Calls()}, {"sites", sites}});
}

int Serve(const std::string& data, const std::string& text) {
  FaultPlan plan(text);
  PosixFileSystem posix;
  FaultyFileSystem files(posix, plan, {{data, "data"}, {data + "/blobs", "blob"}, {data + "/jobs", "jobs"}});
  const sql::FaultyVfs vfs(plan);
  PosixProcesses processes;
  PosixNetwork network;
  SystemClock clock;
  SystemRandom random;
  server::Config config;
  config.listen = "127.0.0.1:0";
  config.data = data;
  server::Server server(config, {.files = files,
                                 .processes = processes,
                                 .network = network,
                                 .clock = clock,
                                 .random = random,
                                 .sqlite_vfs = vfs.name()});
  constexpr std::string_view kSet = "set ";
  for (std::string line; std::getline(std::cin, line);) {
    if (line.starts_with(kSet)) plan.Set(std::string_view(line).substr(kSet.size()));
    std::cout << Counts(plan) << std::endl;
  }
  plan.Set("");
  server.Stop();
  return 0;
}

}  // namespace
}  // namespace orrery

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: orrery_faulty_server DATA [PLAN]\n";
    return 2;
  }
  try {
    return orrery::Serve(argv[1], argc > 2 ? argv[2] : "");
  } catch (const orrery::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
