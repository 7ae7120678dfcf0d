#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sql/sqlite/connection.h"

namespace orrery::sql {

/// Runs write closures from any thread on one connection, many to a commit.
///
///   waiting -> [ BEGIN, each closure in a savepoint, COMMIT with one fsync ] -> answered
///
/// A closure that throws is undone alone, and its error is answered with the others, once what it saw is durable.
/// Where its error rolled the whole transaction back (a full disk), the others are run again. An I/O error is an
/// unknown outcome: every caller is told so, no further write is taken, and `on_fatal` ends the process.
class GroupCommit {
 public:
  using OnFatal = std::function<void(const std::string& reason)>;

  /// Takes the write connection; its thread starts at once.
  GroupCommit(std::unique_ptr<Connection> connection, OnFatal on_fatal);
  /// Finishes what waits, then closes.
  ~GroupCommit();

  /// Returns when the closure's changes are durable. Errors: the closure's own, or those of sql::Database.
  void Run(const std::function<void(Writer&)>& closure);

 private:
  struct Request {
    const std::function<void(Writer&)>* closure = nullptr;
    std::exception_ptr error;
    std::vector<std::function<void()>> after_commit;
    std::atomic<bool> answered = false;
  };
  class RequestWriter;
  using Batch = std::vector<Request*>;

  void Loop();
  void Commit(Batch batch);
  /// Runs each closure; false when the transaction was rolled back as a whole and `batch` (less the failed)
  /// has to be run again.
  bool RunClosures(Batch& batch);
  void RunOne(Request& request, bool alone);
  void Rollback() noexcept;
  void Checkpoint();
  void Fail(const Batch& batch, const std::exception_ptr& error);
  /// Takes no further write; then `batch` is told that its outcome is unknown, and the process ends.
  void Break(const Batch& batch);
  void Answer(Request& request);

  std::unique_ptr<Connection> connection_;
  OnFatal on_fatal_;
  std::mutex mutex_;  // guards waiting_, closing_, broken_
  std::condition_variable wake_;
  std::deque<Request*> waiting_;
  bool closing_ = false;
  bool broken_ = false;
  std::thread thread_;
};

}  // namespace orrery::sql
