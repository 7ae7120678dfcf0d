#include "sql/sqlite/connection.h"

#include <cerrno>

#include "base/utf8.h"

namespace orrery::sql {
namespace {

/// Distinct SQL texts kept prepared: more than the code has; search builds texts of its own and may push
/// others out.
constexpr size_t kMostStatements = 512;
/// Virtual machine steps between looks at the deadline, about a millisecond.
constexpr int kStepsBetweenChecks = 100'000;

class StatementRow final : public Row {
 public:
  explicit StatementRow(sqlite3_stmt* statement) : statement_(statement) {}

  size_t size() const override { return static_cast<size_t>(sqlite3_column_count(statement_)); }
  bool IsNull(size_t column) const override { return Type(column) == SQLITE_NULL; }
  int64_t Int(size_t column) const override {
    if (Type(column) != SQLITE_INTEGER) Refuse(column, "an integer");
    return sqlite3_column_int64(statement_, static_cast<int>(column));
  }
  double Double(size_t column) const override {
    if (Type(column) != SQLITE_FLOAT && Type(column) != SQLITE_INTEGER) Refuse(column, "a number");
    return sqlite3_column_double(statement_, static_cast<int>(column));
  }
  std::string_view Bytes(size_t column) const override {
    if (Type(column) != SQLITE_TEXT && Type(column) != SQLITE_BLOB) Refuse(column, "text or bytes");
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, static_cast<int>(column)));
    return {bytes == nullptr ? "" : bytes,
            static_cast<size_t>(sqlite3_column_bytes(statement_, static_cast<int>(column)))};
  }

 private:
  int Type(size_t column) const { return sqlite3_column_type(statement_, static_cast<int>(column)); }
  [[noreturn]] void Refuse(size_t column, std::string_view expected) const {
    throw Error(Code::kDataLoss, "a stored value is not " + std::string(expected) + ": column " +
                                     sqlite3_column_name(statement_, static_cast<int>(column)));
  }

  sqlite3_stmt* statement_;
};

int StopAfterDeadline(void* deadline) {
  return std::chrono::steady_clock::now() > *static_cast<std::chrono::steady_clock::time_point*>(deadline)
             ? 1
             : 0;
}

}  // namespace

/// Takes a statement for one execution and gives it back reset, whatever happens.
class Connection::Use {
 public:
  Use(Connection& connection, std::string_view sql) : connection_(connection), sql_(sql) {
    const auto slot = connection.idle_statements_.find(sql);
    if (slot != connection.idle_statements_.end() && !slot->second.empty()) {
      statement_ = std::move(slot->second.back());
      slot->second.pop_back();
    } else {
      statement_.reset(connection.Prepare(sql));
    }
  }
  ~Use() {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    auto& slots = connection_.idle_statements_;
    if (slots.size() >= kMostStatements && slots.find(sql_) == slots.end()) slots.erase(slots.begin());
    slots[std::string(sql_)].push_back(std::move(statement_));
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  sqlite3_stmt* get() { return statement_.get(); }

 private:
  Connection& connection_;
  std::string_view sql_;
  StatementPointer statement_;
};

Connection::Connection(const std::string& path, const std::string& vfs, Mode mode) {
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(path.c_str(), &db, flags, vfs.empty() ? nullptr : vfs.c_str());
  db_.reset(db);
  if (result != SQLITE_OK) throw Failure(result);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 5'000);
  // One LIKE for both databases: case-sensitive. `lower(a) LIKE lower(?)` is the other form.
  Execute("PRAGMA case_sensitive_like = ON");
  Execute("PRAGMA temp_store = MEMORY");
  Execute("PRAGMA foreign_keys = ON");
  if (mode == Mode::kWrite) {
    ForEach("PRAGMA journal_mode = WAL", {}, [](const Row& row) {
      if (row.Bytes(0) != "wal") throw Error(Code::kInternal, "this file system cannot hold a WAL database");
    });
    Execute("PRAGMA synchronous = FULL");
    Execute("PRAGMA cache_size = -32000");
    // SQLite's own checkpoint runs inside a commit and keeps its errors to itself, a failed fsync too.
    sqlite3_wal_hook(db, NoteCommit, this);
  } else {
    Execute("PRAGMA query_only = ON");
    Execute("PRAGMA cache_size = -8000");
    // A pattern of many '%' takes exponential time: bounded here, and by the deadline.
    sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1'000);
    sqlite3_progress_handler(db, kStepsBetweenChecks, StopAfterDeadline, &deadline_);
  }
}

void Connection::LimitTime(std::chrono::steady_clock::duration limit) {
  deadline_ = std::chrono::steady_clock::now() + limit;
}

int Connection::NoteCommit(void* connection, sqlite3*, const char*, int wal_pages) {
  static_cast<Connection*>(connection)->wal_pages_ = wal_pages;
  return SQLITE_OK;
}

void Connection::Checkpoint(int pages) {
  if (wal_pages_ < pages) return;
  wal_pages_ = 0;  // the next commit says how many there are
  const int result =
      sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY) throw Failure(result);
}

void Connection::ForEach(std::string_view sql, std::span<const Value> values,
                         const std::function<void(const Row&)>& visit) {
  Use statement(*this, sql);
  Bind(statement.get(), values);
  const StatementRow row(statement.get());
  for (;;) {
    const int result = sqlite3_step(statement.get());
    if (result == SQLITE_DONE) return;
    if (result != SQLITE_ROW) throw Failure(result);
    visit(row);
  }
}

int64_t Connection::Execute(std::string_view sql, std::span<const Value> values) {
  ForEach(sql, values, [](const Row&) {});
  return sqlite3_changes64(db_.get());
}

sqlite3_stmt* Connection::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) throw Failure(result);
  return statement;
}

void Connection::Bind(sqlite3_stmt* statement, std::span<const Value> values) {
  int result = SQLITE_OK;
  for (size_t i = 0; i < values.size() && result == SQLITE_OK; ++i) {
    const int index = static_cast<int>(i) + 1;
    if (const auto* number = std::get_if<int64_t>(&values[i])) {
      result = sqlite3_bind_int64(statement, index, *number);
    } else if (const auto* real = std::get_if<double>(&values[i])) {
      result = sqlite3_bind_double(statement, index, *real);
    } else if (const auto* text = std::get_if<std::string>(&values[i])) {
      if (text->find('\0') != std::string::npos || !IsUtf8(*text)) {
        throw Error(Code::kInvalidArgument, "text must be UTF-8 without NUL characters: " + Quoted(*text));
      }
      result = sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else if (const auto* blob = std::get_if<Blob>(&values[i])) {
      result = sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
    } else {
      result = sqlite3_bind_null(statement, index);
    }
  }
  if (result != SQLITE_OK) throw Failure(result);
}

Error Connection::Failure(int result) {
  const std::string text = db_ ? sqlite3_errmsg(db_.get()) : sqlite3_errstr(result);
  // SQLite reports a full disk as an I/O error where it grows its shared-memory file.
  const bool full =
      (result & 0xff) == SQLITE_FULL || (db_ && sqlite3_system_errno(db_.get()) == ENOSPC &&
                                         (result & 0xff) == SQLITE_IOERR && result != SQLITE_IOERR_FSYNC);
  if (broken_.empty() && !full && (result & 0xff) == SQLITE_IOERR) broken_ = text;
  if (full) return Error(Code::kStorageFull, "no space left for the database: free some and try again");
  switch (result & 0xff) {
    case SQLITE_CONSTRAINT:
      if (result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY ||
          result == SQLITE_CONSTRAINT_ROWID) {
        return Error(Code::kAlreadyExists, "already stored: " + text);
      }
      return Error(Code::kFailedPrecondition, "refused by the database: " + text);
    case SQLITE_INTERRUPT:
      return Error(Code::kResourceExhausted, "the query takes too long: make its filter narrower");
    case SQLITE_TOOBIG:
      return Error(Code::kInvalidArgument, "value or pattern too long for the database: " + text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(Code::kDataLoss, "the database file is damaged: " + text);
    case SQLITE_CANTOPEN:
      if (!db_ || (sqlite3_system_errno(db_.get()) != EACCES && sqlite3_system_errno(db_.get()) != EPERM)) {
        return Error(Code::kInternal, "cannot open the database: " + text);
      }
      [[fallthrough]];
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return Error(Code::kPermissionDenied, "cannot open the database: " + text);
    default:
      return Error(Code::kInternal, "database error: " + text);
  }
}

}  // namespace orrery::sql
