#include "server/domains.h"

#include "base/config.h"
#include "jobs/local/this_machine.h"
#include "sql/idempotency.h"
#include "sql/sqlite/sqlite.h"

namespace orrery::server {
namespace {

std::unique_ptr<sql::Database> OpenDatabase(const DataFolder& folder, const Seams& seams) {
  auto database = sql::OpenSqlite({.path = folder.database(), .vfs = seams.sqlite_vfs});
  // The one list of every module's schema. A module that is not here has no tables.
  sql::Migrate(*database,
               {sql::IdempotencyMigrations(), events::EventLog::Migrations(), content::Store::Migrations(),
                tracking::Tracking::Migrations(), tracking::Artifacts::Migrations(),
                models::Registry::Migrations(), jobs::Jobs::Migrations()});
  return database;
}

jobs::local::LocalExecutorOptions ExecutorOptions(const Config& config, const Seams& seams,
                                                  const DataFolder& folder) {
  const Environment environment = CurrentEnvironment();
  jobs::local::LocalExecutorOptions options{.data_directory = folder.path(),
                                            .python = jobs::local::FindPython(seams.files, environment),
                                            .base_env = jobs::local::InheritedEnvironment(environment),
                                            .node = jobs::local::ThisMachine(seams.files)};
  if (config.cpus) options.node.cpus = *config.cpus;
  if (config.memory_bytes) options.node.memory_bytes = *config.memory_bytes;
  return options;
}

}  // namespace

Server::Domains::Domains(const Config& config, const Seams& seams, const DataFolder& folder)
    : database(OpenDatabase(folder, seams)),
      blobs(blob::OpenBlobStore(folder.blobs_uri(), seams.files, seams.random)),
      events(*database, seams.clock),
      content(*database, *blobs, seams.clock),
      tracking(*database, events, seams.clock, seams.random),
      artifacts(*database, content, seams.clock),
      lineage(tracking),
      models(*database, events, seams.clock, lineage),
      code(content),
      executor(ExecutorOptions(config, seams, folder), seams.files, seams.processes, seams.clock, code),
      runs(tracking),
      jobs({.database = *database,
            .events = events,
            .content = content,
            .runs = runs,
            .executor = executor,
            .files = seams.files,
            .clock = seams.clock,
            .random = seams.random}) {}

}  // namespace orrery::server
