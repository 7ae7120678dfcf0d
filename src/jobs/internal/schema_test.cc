#include <gmock/gmock.h>

#include "jobs/fake_executor.h"
#include "jobs/test_jobs.h"

namespace orrery::jobs {
namespace {

TEST(SchemaTest, JobsOfTheFirstVersionGoOn) {
  FakeClock clock;
  FakeRandom random;
  PosixFileSystem files;
  sql::TestDatabase database{events::EventLog::Migrations(), content::Store::Migrations(),
                             sql::IdempotencyMigrations(), Jobs::Migrations().first(1)};
  const std::string spec = R"({"name":"old","command":["true"]})";
  database->Write([&](sql::Writer& writer) {
    const auto add = [&](const std::string& id, const std::string& state, int attempt) {
      writer.Run(
          "INSERT INTO jobs (id, name, queue, state, reason, cancel_requested, spec, run_id, experiment_id, "
          "submitted_by, submitted_at, attempt) VALUES (?, 'old', 'default', ?, 'why', 0, ?, 'run', '0', "
          "'ada', 1, "
          "?)",
          id, state, spec, attempt);
    };
    add("waits", "QUEUED", 0);
    add("ran", "FAILED", 1);
    writer.Run(
        "INSERT INTO attempts (job_id, number, state, host, cause) VALUES ('ran', 1, 'FAILED', 'here', "
        "'lost')");
  });

  sql::Migrate(*database, {events::EventLog::Migrations(), content::Store::Migrations(),
                           sql::IdempotencyMigrations(), Jobs::Migrations()});
  events::EventLog events(*database, clock);
  const auto blobs = blob::OpenBlobStore("file://" + database.directory() + "/blobs", files, random);
  content::Store content(*database, *blobs, clock);
  FakeRunKeeper runs;
  FakeExecutor executor;
  Jobs jobs({*database, events, content, runs, executor, files, clock, random});
  jobs.Prepare(TestJobs::Settings());
  const Job ran = jobs.Get(JobId::Parse("ran"));
  EXPECT_EQ(ran.attempts.at(0).cause, "lost");
  EXPECT_FALSE(ran.group || ran.array_index || ran.attempts[0].log_tail);
  for (int i = 0; i < 4; ++i) {
    jobs.Turn();
    executor.Advance(Microseconds(0));
  }
  EXPECT_EQ(jobs.Get(JobId::Parse("waits")).state, JobState::kSucceeded);
}

}  // namespace
}  // namespace orrery::jobs
