#include "sql/sqlite/group_commit.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace orrery::sql {
namespace {

/// More closures than this wait for the next commit, so that the first of a burst is not answered last.
constexpr size_t kMostPerCommit = 256;

/// The WAL's size at which its pages are moved into the database.
constexpr int kPagesBetweenCheckpoints = 4'000;

Error RolledBack() {
  return Error(Code::kStorageFull, "no space left for the database: free some and try again");
}

Error Unknown() {
  return Error(Code::kUnavailable,
               "the write may or may not have been stored: the disk reported an error and the server stops; "
               "ask again after its restart");
}

}  // namespace

/// The Writer that a closure sees.
class GroupCommit::RequestWriter final : public Writer {
 public:
  RequestWriter(Connection& connection, Request& request) : connection_(connection), request_(request) {}

  void ForEach(std::string_view sql, std::span<const Value> values,
               const std::function<void(const Row&)>& visit) override {
    CheckInTransaction();
    connection_.ForEach(sql, values, visit);
  }
  int64_t Execute(std::string_view sql, std::span<const Value> values) override {
    CheckInTransaction();
    return connection_.Execute(sql, values);
  }
  int64_t LastInsertId() override { return connection_.LastInsertId(); }
  void AfterCommit(std::function<void()> action) override {
    request_.after_commit.push_back(std::move(action));
  }

 private:
  // After an error that rolled everything back, and that the closure caught, a statement would commit by itself.
  void CheckInTransaction() {
    if (connection_.Autocommit()) throw RolledBack();
  }

  Connection& connection_;
  Request& request_;
};

GroupCommit::GroupCommit(std::unique_ptr<Connection> connection, OnFatal on_fatal)
    : connection_(std::move(connection)), on_fatal_(std::move(on_fatal)) {}

GroupCommit::~GroupCommit() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  idle_.wait(lock, [this] { return callers_ == 0; });
}

void GroupCommit::Run(const std::function<void(Writer&)>& closure) {
  Request request;
  request.closure = &closure;
  std::unique_lock lock(mutex_);
  ORRERY_CHECK(leader_ != std::this_thread::get_id());  // a write inside a write would wait for itself
  if (broken_) throw Unknown();
  if (closing_) throw Error(Code::kUnavailable, "the database is closing");
  waiting_.push_back(&request);
  ++callers_;
  request.turn.wait(lock, [&] { return request.answered || (!leader_ && waiting_.front() == &request); });
  if (!request.answered) Lead(lock);
  if (--callers_ == 0) idle_.notify_all();
  if (request.error) std::rethrow_exception(request.error);
}

void GroupCommit::Lead(std::unique_lock<std::mutex>& lock) {
  leader_ = std::this_thread::get_id();
  const size_t size = std::min(waiting_.size(), kMostPerCommit);
  Batch batch(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(size));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(size));
  lock.unlock();
  Commit(std::move(batch));
  lock.lock();
  leader_.reset();
  if (!waiting_.empty()) waiting_.front()->turn.notify_one();
}

void GroupCommit::Commit(Batch batch) {
  if (!connection_->broken().empty()) return Fail(batch, Unknown());
  try {
    do {
      if (batch.empty()) return;
      connection_->Execute("BEGIN IMMEDIATE");
    } while (!RunClosures(batch));
    connection_->Execute("COMMIT");
  } catch (const Error& error) {
    Rollback();
    return connection_->broken().empty() ? Fail(batch, error) : Break(batch);
  }
  for (const Request* request : batch) {
    for (const auto& action : request->after_commit) action();
  }
  Answer(batch);
  Checkpoint();
}

bool GroupCommit::RunClosures(Batch& batch) {
  const bool alone = batch.size() == 1;
  for (size_t i = 0; i < batch.size(); ++i) {
    Request& request = *batch[i];
    RunOne(request, alone);
    // Whatever the closure made of it: an I/O error inside it is never committed over.
    if (!connection_->broken().empty()) throw Unknown();
    if (!request.error || (!connection_->Autocommit() && !alone)) continue;
    // Nothing of this transaction is left. The failed request is answered; the others start over, those too that have
    // failed: they may have seen what is gone.
    Rollback();
    batch.erase(batch.begin() + static_cast<Batch::difference_type>(i));
    for (Request* other : batch) {
      other->error = nullptr;
      other->after_commit.clear();
    }
    Answer({&request});
    return false;
  }
  return true;
}

void GroupCommit::RunOne(Request& request, bool alone) {
  RequestWriter writer(*connection_, request);
  try {
    if (!alone) connection_->Execute("SAVEPOINT one");
    (*request.closure)(writer);
    if (connection_->Autocommit()) throw RolledBack();
    if (!alone) connection_->Execute("RELEASE one");
  } catch (...) {
    request.error = std::current_exception();
    request.after_commit.clear();
    if (alone || connection_->Autocommit()) return;
    connection_->Execute("ROLLBACK TO one");
    connection_->Execute("RELEASE one");
  }
}

void GroupCommit::Checkpoint() {
  try {
    connection_->Checkpoint(kPagesBetweenCheckpoints);
  } catch (const Error& error) {
    if (!connection_->broken().empty()) return Break({});
    Log(LogLevel::kWarning,
        "moving the write-ahead log into the database failed; it is tried again after the next write",
        {{"reason", error.what()}});
  }
}

void GroupCommit::Rollback() noexcept {
  try {
    if (!connection_->Autocommit()) connection_->Execute("ROLLBACK");
  } catch (const Error& error) {
    Log(LogLevel::kError, "rollback failed", {{"reason", error.what()}});
  }
}

void GroupCommit::Fail(const Batch& batch, const Error& error) {
  for (Request* request : batch) {
    // Each caller has an error of its own: it is theirs to keep, to move and to destroy, each on a thread of its own.
    request->error = std::make_exception_ptr(Error(error.code(), std::string(error.what()), error.field()));
    request->after_commit.clear();
  }
  Answer(batch);
}

void GroupCommit::Break(const Batch& batch) {
  {
    const std::scoped_lock lock(mutex_);
    broken_ = true;
  }
  Fail(batch, Unknown());
  on_fatal_(connection_->broken());
}

// A request lives on its caller's stack, and is gone once its caller has seen `answered`: nothing may touch it after the
// lock is released.
void GroupCommit::Answer(const Batch& batch) {
  const std::scoped_lock lock(mutex_);
  for (Request* request : batch) {
    request->answered = true;
    request->turn.notify_one();
  }
}

}  // namespace orrery::sql
