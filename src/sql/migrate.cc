#include <algorithm>
#include <map>

#include "base/check.h"
#include "sql/database.h"

namespace orrery::sql {
namespace {

std::map<std::string, int> StoredVersions(Database& database) {
  return database.Write([](Writer& writer) {
    writer.Run(
        "CREATE TABLE IF NOT EXISTS schema_versions (module TEXT PRIMARY KEY, version INTEGER NOT NULL) "
        "STRICT");
    std::map<std::string, int> versions;
    writer.Visit("SELECT module, version FROM schema_versions",
                 [&](const Row& row) { versions[Get<std::string>(row, 0)] = Get<int>(row, 1); });
    return versions;
  });
}

void RunStatements(Writer& writer, std::string_view sql) {
  while (!sql.empty()) {
    const size_t end = std::min(sql.find(';'), sql.size());
    const std::string_view statement = sql.substr(0, end);
    if (statement.find_first_not_of(" \n\t") != std::string_view::npos) writer.Execute(statement, {});
    sql.remove_prefix(std::min(end + 1, sql.size()));
  }
}

}  // namespace

void Migrate(Database& database, std::initializer_list<std::span<const Migration>> schemas) {
  std::vector<Migration> steps;
  std::map<std::string, int> newest;
  for (const auto& schema : schemas) {
    for (const Migration& step : schema) {
      steps.push_back(step);
      newest[std::string(step.module)] = step.version;
    }
  }
  std::map<std::string, int> stored = StoredVersions(database);
  for (const auto& [module, version] : stored) {
    if (version > newest[module]) {
      throw Error(
          Code::kFailedPrecondition,
          "the database was written by a newer orrery: start that version, or restore a backup taken before "
          "the upgrade (module " +
              module + " is at schema " + std::to_string(version) + ", this program knows " +
              std::to_string(newest[module]) + ")");
    }
  }
  for (const Migration& step : steps) {
    int& version = stored[std::string(step.module)];
    if (step.version <= version) continue;
    ORRERY_CHECK_EQ(step.version, version + 1);
    database.Write([&](Writer& writer) {
      RunStatements(writer, step.sql);
      writer.Run(
          "INSERT INTO schema_versions (module, version) VALUES (?, ?) "
          "ON CONFLICT (module) DO UPDATE SET version = excluded.version",
          step.module, step.version);
    });
    version = step.version;
  }
}

}  // namespace orrery::sql
