#include "server/domains.h"

#include <algorithm>

#include "base/config.h"
#include "jobs/local/gpus.h"
#include "jobs/local/this_machine.h"
#include "sql/idempotency.h"
#include "sql/sqlite/sqlite.h"

namespace orrery::server {
namespace {

std::unique_ptr<sql::Database> OpenDatabase(const DataFolder& folder, const Seams& seams) {
  auto database = sql::OpenSqlite({.path = folder.database(), .vfs = seams.sqlite_vfs});
  // The one list of every module's schema. A module that is not here has no tables.
  sql::Migrate(
      *database,
      {sql::IdempotencyMigrations(), events::EventLog::Migrations(), events::Webhooks::Migrations(),
       content::Store::Migrations(), tracking::Tracking::Migrations(), tracking::Artifacts::Migrations(),
       tracking::ArtifactUploads::Migrations(), models::Registry::Migrations(), jobs::Jobs::Migrations()});
  // SQLite creates its files, but keeps it to itself when their names cannot be made durable.
  seams.files.SyncDirectory(folder.path());
  return database;
}

/// Receivers on this machine are for a server that nobody else reaches: there, whoever can ask it to post could post there
/// anyway. One with users, names or an address of its own may have a proxy before it.
events::Receivers ReceiversOf(const Config& config) {
  return {.loopback = ServesThisMachineAlone(config), .hosts = config.webhook_hosts};
}

jobs::local::LocalExecutorOptions ExecutorOptions(const Config& config, const Seams& seams,
                                                  const DataFolder& folder, const jobs::local::Nvml* nvml) {
  constexpr int64_t kKeptBack = 1LL << 30;  // for the server, the page cache and who else lives here
  const Environment environment = CurrentEnvironment();
  const auto path = environment.find("PATH");
  // Without one the usual place is named, so that a job that needs it is told what is missing.
  const std::string python =
      jobs::local::FindOnPath(seams.files, path == environment.end() ? "/usr/bin" : path->second, "python3")
          .value_or("/usr/bin/python3");
  jobs::local::LocalExecutorOptions options{.data_directory = folder.path(),
                                            .python = config.python.value_or(python),
                                            .conda = config.conda.value_or(""),
                                            .base_env = jobs::local::InheritedEnvironment(environment),
                                            .node = jobs::local::ThisMachine(seams.files, nvml),
                                            .nvml = nvml};
  options.groups = {jobs::local::FindGroupPlaces(seams.files), folder.path()};
  if (config.gpus) {
    std::vector<jobs::local::GpuCount> counts;
    for (const GpuConfig& gpu : *config.gpus) counts.push_back({gpu.type, static_cast<int>(gpu.count)});
    options.node.gpus = jobs::local::NumberGpus(counts);
  }
  options.log_keep_bytes = config.log_keep_bytes;
  options.node.cpus = config.cpus.value_or(options.node.cpus);
  options.node.memory_bytes = config.memory_bytes.value_or(
      std::max(options.node.memory_bytes / 2, options.node.memory_bytes - kKeptBack));
  // Of a part of them others use the rest, and who shares with whom is the kernel's to find out.
  const std::vector<int> cpus = jobs::local::CpusOfThisProcess(seams.files);
  if (config.pin_cpus && options.node.cpus == static_cast<double>(cpus.size())) options.cpus = cpus;
  return options;
}

}  // namespace

Server::Domains::Domains(const Config& config, const Seams& seams, const DataFolder& folder)
    : database(OpenDatabase(folder, seams)),
      blobs(blob::OpenBlobStore(folder.blobs_uri(), seams.files, seams.random)),
      events(*database, seams.clock),
      webhooks({.database = *database,
                .events = events,
                .network = seams.network,
                .clock = seams.clock,
                .random = seams.random},
               ReceiversOf(config)),
      content(*database, *blobs, seams.clock),
      tracking(*database, events, seams.clock, seams.random),
      artifacts(*database, content, seams.clock),
      uploads(*database, content, artifacts, seams.clock, seams.random),
      lineage(tracking),
      models(*database, events, seams.clock, lineage),
      code(content),
      nvml(jobs::local::Nvml::Load()),
      executor(ExecutorOptions(config, seams, folder, nvml.get()), seams.files, seams.processes, seams.clock,
               code),
      runs(tracking),
      jobs({.database = *database,
            .events = events,
            .content = content,
            .runs = runs,
            .executor = executor,
            .files = seams.files,
            .clock = seams.clock,
            .random = seams.random},
           QueuesOf(config)),
      trash(*database, events, artifacts, seams.clock, {&versions, &job_runs}, config.trash_days) {}

}  // namespace orrery::server
