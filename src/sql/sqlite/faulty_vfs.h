#pragma once

#include <memory>
#include <string>

#include "base/fault_plan.h"

namespace orrery::sql {

/// A file layer for SQLite that does to each call what a plan says and else what the system's own layer does. Registered
/// for as long as this object lives: open databases by its name, and close them before.
///
/// Sites are AREA.CALL: area "db" (the main file), "wal", "journal", "temp"; calls open, read, write, truncate, sync, size,
/// delete, shm. A full disk is SQLITE_FULL on a write and an I/O error elsewhere, as SQLite's own layer has it.
/// The sync of the folder is not a call of its own: SQLite does not report when it fails, so that ours is done beside it.
class FaultyVfs {
 public:
  /// `plan` must outlive this object.
  explicit FaultyVfs(FaultPlan& plan);
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  /// For SqliteOptions::vfs.
  const std::string& name() const;

  struct Registered;  ///< SQLite's side of it

 private:
  std::unique_ptr<Registered> registered_;
};

}  // namespace orrery::sql
