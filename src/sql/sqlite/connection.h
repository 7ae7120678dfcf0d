#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sqlite3.h>

#include "base/error.h"
#include "sql/database.h"

namespace orrery::sql {

/// One SQLite connection with its prepared statements. One thread at a time.
class Connection {
 public:
  enum class Mode { kRead, kWrite };
  Connection(const std::string& path, const std::string& vfs, Mode mode);

  void ForEach(std::string_view sql, std::span<const Value> values,
               const std::function<void(const Row&)>& visit);
  int64_t Execute(std::string_view sql, std::span<const Value> values);
  void Execute(std::string_view sql) { Execute(sql, {}); }
  int64_t LastInsertId() { return sqlite3_last_insert_rowid(db_.get()); }
  /// False while a transaction is open; true again when an error has rolled it back as a whole.
  bool Autocommit() { return sqlite3_get_autocommit(db_.get()) != 0; }
  /// The first failure that has left the state on disk unknown, in words; empty while there was none.
  const std::string& broken() const { return broken_; }
  /// Moves committed pages from the WAL into the database once the WAL holds `pages` of them; else does nothing. Readers
  /// are not waited for: what they still need stays for the next time. Errors as for statements; a full disk is one.
  void Checkpoint(int pages);
  /// Statements end with resource_exhausted after `limit`, counted from now.
  void LimitTime(std::chrono::steady_clock::duration limit);

 private:
  struct CloseConnection {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using StatementPointer = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

  class Use;

  sqlite3_stmt* Prepare(std::string_view sql);
  void Bind(sqlite3_stmt* statement, std::span<const Value> values);
  Error Failure(int result);
  static int NoteCommit(void* connection, sqlite3* db, const char* schema, int wal_pages);

  std::unique_ptr<sqlite3, CloseConnection> db_;
  // A statement in use (a visitor that queries the same text again) is taken out of its slot.
  std::unordered_map<std::string, std::vector<StatementPointer>, TextHash, std::equal_to<>> idle_statements_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::string broken_;
  int wal_pages_ = 0;
};

}  // namespace orrery::sql
