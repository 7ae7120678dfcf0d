#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sql/row.h"
#include "sql/value.h"

namespace orrery::sql {

/// Queries inside one transaction: a consistent view for as long as the closure runs. One thread at a time.
///
/// SQL is the common subset of SQLite and PostgreSQL, parameters are `?`, and values are always bound, never
/// spliced.
///
///   auto runs = reader.All<RunRow>("SELECT " + Columns<RunRow>() + " FROM runs WHERE user_name = ?", name);
class Reader {
 public:
  virtual ~Reader() = default;

  /// Calls `visit` for each row, in order. A prepared statement is kept per SQL text: build few distinct
  /// texts.
  virtual void ForEach(std::string_view sql, std::span<const Value> values,
                       const std::function<void(const Row&)>& visit) = 0;

  template <typename... Values>
  void Visit(std::string_view sql, const std::function<void(const Row&)>& visit, const Values&... values) {
    const Value bound[] = {ToValue(values)..., Value()};
    ForEach(sql, std::span(bound, sizeof...(values)), visit);
  }
  template <typename T, typename... Values>
  std::vector<T> All(std::string_view sql, const Values&... values) {
    std::vector<T> out;
    Visit(
        sql, [&](const Row& row) { out.push_back(Read<T>(row)); }, values...);
    return out;
  }
  /// The first row, if any.
  template <typename T, typename... Values>
  std::optional<T> First(std::string_view sql, const Values&... values) {
    std::optional<T> out;
    Visit(
        sql,
        [&](const Row& row) {
          if (!out) out = Read<T>(row);
        },
        values...);
    return out;
  }
};

/// Queries and changes inside one transaction.
class Writer : public Reader {
 public:
  /// Runs one changing statement; returns how many rows it changed.
  /// Errors: already_exists (a unique constraint), failed_precondition (a check or foreign key),
  /// storage_full.
  virtual int64_t Execute(std::string_view sql, std::span<const Value> values) = 0;
  /// The key that the last INSERT into a table with an integer primary key was given.
  virtual int64_t LastInsertId() = 0;
  /// Runs `action` once this write is durable, before its caller is answered; never if it is rolled back.
  /// `action` must not throw and must be short: wake something, publish a number.
  virtual void AfterCommit(std::function<void()> action) = 0;

  template <typename... Values>
  int64_t Run(std::string_view sql, const Values&... values) {
    const Value bound[] = {ToValue(values)..., Value()};
    return Execute(sql, std::span(bound, sizeof...(values)));
  }
  /// INSERT INTO `table` with the members of `row` as columns.
  template <Described T>
  void Insert(std::string_view table, const T& row) {
    std::vector<Value> values;
    std::string marks;
    ForEachMember<T>([&](std::string_view, auto pointer) {
      values.push_back(ToValue(row.*pointer));
      marks += marks.empty() ? "?" : ", ?";
    });
    Execute("INSERT INTO " + std::string(table) + " (" + Columns<T>() + ") VALUES (" + marks + ")", values);
  }
};

/// The one database of a server: experiments, runs, jobs, models, events. Safe to call from any thread.
///
/// Write() is group commit: closures from many threads run one after the other, each in a savepoint, and are
/// committed together with one fsync; each caller is answered only then. A closure that throws is rolled back
/// alone and its error reaches its caller. Closures are short, have no effect outside the database and may be
/// run again (an error can roll the whole transaction back): they capture what they need and return a value.
///
/// Errors of Read and Write beside the closure's own: storage_full (nothing changed, the server goes on),
/// unavailable (closing). An I/O error from the commit itself means "unknown": writing stops for good, see
/// OnFatal.
class Database {
 public:
  virtual ~Database() = default;

  template <typename F>
  std::invoke_result_t<F, Reader&> Read(F&& closure) {
    using Result = std::invoke_result_t<F, Reader&>;
    if constexpr (std::is_void_v<Result>) {
      RunRead([&](Reader& reader) { closure(reader); });
    } else {
      std::optional<Result> result;
      RunRead([&](Reader& reader) { result.emplace(closure(reader)); });
      return std::move(*result);
    }
  }
  template <typename F>
  std::invoke_result_t<F, Writer&> Write(F&& closure) {
    using Result = std::invoke_result_t<F, Writer&>;
    if constexpr (std::is_void_v<Result>) {
      RunWrite([&](Writer& writer) { closure(writer); });
    } else {
      std::optional<Result> result;
      RunWrite([&](Writer& writer) { result.emplace(closure(writer)); });
      return std::move(*result);
    }
  }

 protected:
  virtual void RunRead(const std::function<void(Reader&)>& closure) = 0;
  virtual void RunWrite(const std::function<void(Writer&)>& closure) = 0;
};

/// One step of a module's schema. Steps of a module are numbered from 1 without gaps and never change once
/// released.
struct Migration {
  std::string_view module;  ///< "tracking"
  int version = 0;
  /// Statements separated by ';' (none inside a literal). Written as SQLite has it: STRICT tables of INTEGER,
  /// REAL, TEXT and BLOB, keys INTEGER PRIMARY KEY, WITHOUT ROWID where the primary key is the order of
  /// reading; another driver translates these words.
  std::string_view sql;
};

/// Brings the database to the newest schema, module by module, each step in its own transaction; a second
/// call does nothing. `schemas` holds the steps of every module of this program. Errors: failed_precondition
/// when the database is newer than this program (it names both versions and what to do).
void Migrate(Database& database, std::initializer_list<std::span<const Migration>> schemas);

}  // namespace orrery::sql
