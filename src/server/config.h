#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/described.h"
#include "jobs/queues.h"

namespace orrery::server {

/// GPUs of one type, in a configuration.
struct GpuConfig {
  std::string type;
  int64_t count = 1;
};
BOOST_DESCRIBE_STRUCT(GpuConfig, (), (type, count))

/// A queue of jobs, in a configuration.
struct QueueSettings {
  double guaranteed = 0;
  double limit = 1;
  double weight = 1;
  std::string policy = "easy";
};
BOOST_DESCRIBE_STRUCT(QueueSettings, (), (guaranteed, limit, weight, policy))

/// Everything that `orrery serve` can be told. Each field is a key of the YAML file and, in capitals behind
/// ORRERY_, an environment variable; `orrery serve --help` prints this list with the defaults.
struct Config {
  static constexpr FieldDoc kDocs[] = {
      {"listen",
       "Address and port of the HTTP server. Port 0 picks a free one. Anything but loopback needs tokens."},
      {"data", "Folder that holds everything: database, objects, jobs. One server at a time."},
      {"tokens",
       "Bearer tokens by user name ({ada: secret}); at least 16 characters each. With tokens, every request "
       "needs one."},
      {"host_names", "Names by which clients reach the server, beside loopback names and IP addresses."},
      {"public_url", "The base URL that jobs use to reach the server; by default http://127.0.0.1:PORT."},
      {"webhook_hosts",
       "Hosts that webhooks may reach at private addresses and by http; by default https to public ones, and "
       "loopback where only this machine reaches the server."},
      {"cpus", "CPUs that jobs may take; by default all of this machine."},
      {"memory_bytes", "Memory that jobs may take; by default all of this machine less 1 GiB."},
      {"gpus",
       "GPUs that jobs may take ([{type: H100, count: 4}]), numbered as CUDA numbers them; by default what "
       "NVIDIA's driver "
       "lists. [] keeps them from jobs."},
      {"queues",
       "The queues of jobs by name ({night: {guaranteed: 0.25, limit: 0.5, weight: 2, policy: sjf}}); by "
       "default any "
       "name is accepted."},
      {"python", "Interpreter that environments are built with; by default python3 of the PATH."},
      {"conda", "Program that makes conda environments; by default micromamba, conda or mamba of the PATH."},
      {"keep_environments_days", "How long the packages or image of jobs are kept after the last use."},
      {"collect_after_hours", "How long an object that nothing refers to is kept."},
      {"trash_days", "How long deleted runs and experiments can be restored; then they go for good."},
      {"allow_test_reset",
       "For test suites alone: adds POST /api/v1/test/reset, which forgets every experiment, run, artifact "
       "and model. Only "
       "where this machine alone reaches the server, and never where a job was submitted."},
      {"log_keep_bytes",
       "Of an attempt's log the first MiB and at least so many of its last bytes are kept: from 1 MiB on."},
      {"pin_cpus",
       "Gives jobs that ask for whole CPUs some of their own; false lets the kernel place all. Only where "
       "jobs may "
       "take all CPUs of the server."},
      {"log_level", "debug, info, warning or error."},
  };
  std::string listen = "127.0.0.1:7070";
  std::string data = "~/.orrery";
  std::map<std::string, std::string> tokens;
  std::vector<std::string> host_names;
  std::optional<std::string> public_url;
  std::vector<std::string> webhook_hosts;
  std::optional<double> cpus;
  std::optional<int64_t> memory_bytes;
  std::optional<std::vector<GpuConfig>> gpus;
  std::map<std::string, QueueSettings> queues;
  std::optional<std::string> python;
  std::optional<std::string> conda;
  int64_t keep_environments_days = 30;
  int64_t collect_after_hours = 24;
  int64_t trash_days = 30;
  bool allow_test_reset = false;
  int64_t log_keep_bytes = 1LL << 30;
  bool pin_cpus = true;
  std::string log_level = "info";
};
BOOST_DESCRIBE_STRUCT(Config, (),
                      (listen, data, tokens, host_names, public_url, webhook_hosts, cpus, memory_bytes, gpus,
                       queues, python, conda, keep_environments_days, collect_after_hours, trash_days,
                       allow_test_reset, log_keep_bytes, pin_cpus, log_level))

/// An address and port, taken apart.
struct Endpoint {
  std::string address;
  uint16_t port = 0;
};

/// "127.0.0.1:7070", "[::1]:7070". Errors: invalid_argument, naming `field`.
Endpoint ParseEndpoint(const std::string& text, std::string_view field);

/// `path` absolute, with a leading "~" replaced by $HOME. Errors: invalid_argument (no home).
std::string AbsolutePath(const std::string& path);

/// Whether nobody but this machine's own users reaches the server: it listens on loopback, and has no users, names or
/// address of its own, as one behind a proxy has.
bool ServesThisMachineAlone(const Config& config);

/// The queues as the scheduler takes them, of a configuration that was checked.
jobs::Queues QueuesOf(const Config& config);

/// Checks what the types alone cannot say. Errors: invalid_argument, naming the field.
void Validate(const Config& config);

}  // namespace orrery::server
