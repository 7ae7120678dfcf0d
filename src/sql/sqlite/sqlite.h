#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "sql/database.h"

namespace orrery::sql {

struct SqliteOptions {
  std::string path;
  /// Read connections; a further reader waits for one of them.
  int readers = 8;
  /// A read that takes longer is ended with resource_exhausted: a filter must not hold a connection for ever.
  std::chrono::milliseconds read_limit = std::chrono::seconds(30);
  /// Called once, from the thread that led the commit, when a commit's outcome is unknown (an I/O error): what is in
  /// memory may no longer be what is on disk, so the process has to end and start again from the disk.
  /// Default: StopInUnknownState.
  std::function<void(const std::string& reason)> on_fatal;
  /// Name of a registered VFS, for fault tests; empty is the system's.
  std::string vfs;
};

/// Opens the embedded database in WAL mode with synchronous=FULL: an acknowledged write survives power loss.
/// The caller sees to it that no other process has it open (the server holds a lock on its data folder).
/// Errors: data_loss (not a database), storage_full, permission_denied, internal.
std::unique_ptr<Database> OpenSqlite(SqliteOptions options);

}  // namespace orrery::sql
