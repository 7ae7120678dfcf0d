#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sql/sqlite/connection.h"

namespace orrery::sql {

/// Runs write closures from any thread on one connection, many to a commit.
///
///   waiting -> [ BEGIN, each closure in a savepoint, COMMIT with one fsync ] -> answered
///
/// There is no thread of its own: the caller that waits longest leads, and commits for all that wait; whoever came
/// meanwhile is led by the next. So a lone write costs no switch of threads, and a burst one fsync.
///
/// A closure that throws is undone alone, and its error is answered with the others, once what it saw is durable.
/// Where its error rolled the whole transaction back (a full disk), the others are run again. An I/O error is an
/// unknown outcome: every caller is told so, no further write is taken, and `on_fatal` ends the process.
class GroupCommit {
 public:
  using OnFatal = std::function<void(const std::string& reason)>;

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
    bool answered = false;         // guarded by mutex_
    std::condition_variable turn;  // answered, or to lead
  };
  class RequestWriter;
  using Batch = std::vector<Request*>;

  /// Commits for everybody who waits, its caller first. `lock` holds mutex_ before and after.
  void Lead(std::unique_lock<std::mutex>& lock);
  void Commit(Batch batch);
  /// Runs each closure; false when the transaction was rolled back as a whole and `batch` (less the failed)
  /// has to be run again.
  bool RunClosures(Batch& batch);
  void RunOne(Request& request, bool alone);
  void Rollback() noexcept;
  void Checkpoint();
  void Fail(const Batch& batch, const Error& error);
  /// Takes no further write; then `batch` is told that its outcome is unknown, and the process ends.
  void Break(const Batch& batch);
  void Answer(const Batch& batch);

  std::unique_ptr<Connection> connection_;
  OnFatal on_fatal_;
  std::mutex mutex_;  // guards waiting_, leader_, callers_, closing_, broken_; the connection is the leader's
  std::deque<Request*> waiting_;
  std::optional<std::thread::id> leader_;
  int callers_ = 0;  ///< inside Run(), answered or not
  std::condition_variable idle_;
  bool closing_ = false;
  bool broken_ = false;
};

}  // namespace orrery::sql
