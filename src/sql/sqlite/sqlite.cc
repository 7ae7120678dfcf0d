#include "sql/sqlite/sqlite.h"

#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "base/unknown_state.h"
#include "sql/sqlite/connection.h"
#include "sql/sqlite/group_commit.h"

namespace orrery::sql {
namespace {

class ConnectionReader final : public Reader {
 public:
  explicit ConnectionReader(Connection& connection) : connection_(connection) {}
  void ForEach(std::string_view sql, std::span<const Value> values,
               const std::function<void(const Row&)>& visit) override {
    connection_.ForEach(sql, values, visit);
  }

 private:
  Connection& connection_;
};

/// Lends read connections, the one used last first: its cache is the warmest, and rarely needed ones stay
/// small.
class ReaderPool {
 public:
  explicit ReaderPool(const SqliteOptions& options) : options_(options) {}

  std::unique_ptr<Connection> Take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return !idle_.empty() || opened_ < options_.readers; });
    if (idle_.empty()) {
      ++opened_;
      lock.unlock();
      try {
        return std::make_unique<Connection>(options_.path, options_.vfs, Connection::Mode::kRead);
      } catch (const Error&) {
        lock.lock();
        --opened_;
        returned_.notify_one();  // whoever waits may have better luck
        throw;
      }
    }
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void Give(std::unique_ptr<Connection> connection) {
    {
      const std::scoped_lock lock(mutex_);
      idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
  }

 private:
  const SqliteOptions& options_;
  std::mutex mutex_;  // guards idle_, opened_
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  int opened_ = 0;
};

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(SqliteOptions options)
      : options_(std::move(options)),
        readers_(options_),
        writer_(std::make_unique<Connection>(options_.path, options_.vfs, Connection::Mode::kWrite),
                options_.on_fatal ? options_.on_fatal : StopInUnknownState) {}

 protected:
  void RunRead(const std::function<void(Reader&)>& closure) override {
    Loan loan(readers_);
    loan.connection->LimitTime(options_.read_limit);
    loan.connection->Execute("BEGIN");
    ConnectionReader reader(*loan.connection);
    closure(reader);
  }
  void RunWrite(const std::function<void(Writer&)>& closure) override { writer_.Run(closure); }

 private:
  struct Loan {
    explicit Loan(ReaderPool& pool) : pool(pool), connection(pool.Take()) {}
    ~Loan() {
      try {
        if (!connection->Autocommit()) connection->Execute("ROLLBACK");
      } catch (const Error& error) {
        Log(LogLevel::kWarning, "ending a read failed", {{"reason", error.what()}});
      }
      pool.Give(std::move(connection));
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    ReaderPool& pool;
    std::unique_ptr<Connection> connection;
  };

  SqliteOptions options_;
  ReaderPool readers_;
  GroupCommit writer_;
};

}  // namespace

std::unique_ptr<Database> OpenSqlite(SqliteOptions options) {
  return std::make_unique<SqliteDatabase>(std::move(options));
}

}  // namespace orrery::sql
