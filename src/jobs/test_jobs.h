#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "base/file_system.h"
#include "content/content.h"
#include "events/event_log.h"
#include "jobs/fake_executor.h"
#include "jobs/fake_run_keeper.h"
#include "jobs/jobs.h"
#include "sql/idempotency.h"
#include "sql/test_database.h"

namespace orrery::jobs {

/// Jobs over an embedded database, a fake executor and virtual time: for the tests of this module and those
/// above it.
class TestJobs {
 public:
  explicit TestJobs(std::vector<ExecutorNode> nodes = {{"here", 2, 4LL << 30, {}}}, Queues queues = {})
      : executor(std::move(nodes), {}, clock.Now().time_since_epoch().count()), queues_(std::move(queues)) {
    Restart();
  }

  /// The server dies and another one starts over what is on disk; attempts go on.
  void Restart() {
    jobs_.reset();
    executor.ForgetAll();
    jobs_ = std::make_unique<Jobs>(
        Jobs::Collaborators{*database, events, content, runs, executor, files, clock, random}, queues_);
    jobs_->Prepare(Settings());
  }
  /// Lets `by` pass everywhere, and the jobs move on.
  void Advance(Microseconds by) {
    clock.Advance(by);
    executor.Advance(by);
    Settle();
  }
  /// Turns until nothing is left to do at this time.
  void Settle() {
    for (int i = 0; i < 4; ++i) {
      jobs_->Turn();
      executor.Advance(Microseconds(0));
    }
  }
  Jobs& operator*() { return *jobs_; }
  Jobs* operator->() { return jobs_.get(); }

  static ScriptSettings Settings() { return {.tracking_uri = "http://127.0.0.1:1", .launchers = 0}; }
  /// A job that runs `program` on one CPU.
  static JobSpec Spec(const std::string& name, const std::string& program = "true") {
    JobSpec spec;
    spec.name = name;
    spec.command = {program};
    return spec;
  }

  FakeClock clock;
  FakeRandom random;
  PosixFileSystem files;
  sql::TestDatabase database{events::EventLog::Migrations(), content::Store::Migrations(),
                             sql::IdempotencyMigrations(), Jobs::Migrations()};
  events::EventLog events{*database, clock};
  std::unique_ptr<blob::BlobStore> blobs =
      blob::OpenBlobStore("file://" + database.directory() + "/blobs", files, random);
  content::Store content{*database, *blobs, clock};
  FakeRunKeeper runs;
  FakeExecutor executor;

 private:
  Queues queues_;
  std::unique_ptr<Jobs> jobs_;
};

}  // namespace orrery::jobs
