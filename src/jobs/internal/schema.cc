#include "jobs/internal/schema.h"

namespace orrery::jobs::internal {
namespace {

constexpr sql::Migration kMigrations[] = {
    {"jobs", 1,
     "CREATE TABLE jobs (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "
     "queue TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, cancel_requested INTEGER NOT NULL, "
     "spec TEXT NOT NULL, run_id TEXT NOT NULL, experiment_id TEXT NOT NULL, submitted_by TEXT NOT NULL, "
     "submitted_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, attempt INTEGER NOT NULL) STRICT;"
     "CREATE INDEX jobs_by_state ON jobs (state, seq);"
     "CREATE INDEX jobs_by_name ON jobs (name, seq);"
     "CREATE INDEX jobs_by_queue ON jobs (queue, seq);"
     "CREATE TABLE attempts (token INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL REFERENCES jobs "
     "(id), "
     "number INTEGER NOT NULL, state TEXT NOT NULL, started_at INTEGER, ended_at INTEGER, exit_code INTEGER, "
     "signal INTEGER, cause TEXT, host TEXT NOT NULL, supervisor_pid INTEGER, UNIQUE (job_id, number)) "
     "STRICT;"
     "CREATE TABLE transitions (seq INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL REFERENCES jobs "
     "(id), "
     "state TEXT NOT NULL, at INTEGER NOT NULL, cause TEXT NOT NULL) STRICT;"
     "CREATE INDEX transitions_by_job ON transitions (job_id, seq)"},
    {"jobs", 2, "ALTER TABLE attempts ADD COLUMN environment TEXT"},
    {"jobs", 3,
     "ALTER TABLE jobs ADD COLUMN group_name TEXT;"
     "ALTER TABLE jobs ADD COLUMN array_index INTEGER;"
     "ALTER TABLE jobs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN retry_delay_seconds INTEGER NOT NULL DEFAULT 10;"
     "ALTER TABLE jobs ADD COLUMN preempting INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN retry_at INTEGER;"
     "CREATE INDEX jobs_by_group ON jobs (group_name, seq) WHERE group_name IS NOT NULL;"
     "ALTER TABLE attempts ADD COLUMN enforcement TEXT;"
     "ALTER TABLE attempts ADD COLUMN max_rss_bytes INTEGER;"
     "ALTER TABLE attempts ADD COLUMN cpu_seconds REAL;"
     "ALTER TABLE attempts ADD COLUMN log_tail TEXT;"
     "CREATE TABLE job_dependencies (job_id TEXT NOT NULL REFERENCES jobs (id), position INTEGER NOT NULL, "
     "on_job_id TEXT NOT NULL REFERENCES jobs (id), condition TEXT NOT NULL, PRIMARY KEY (job_id, position)) "
     "STRICT, WITHOUT ROWID;"
     "CREATE INDEX job_dependencies_by_cause ON job_dependencies (on_job_id, job_id)"},
    {"jobs", 4,
     "ALTER TABLE attempts ADD COLUMN usage_samples INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE attempts ADD COLUMN usage_pending INTEGER NOT NULL DEFAULT 0;"
     "CREATE INDEX attempts_with_usage ON attempts (token) WHERE usage_pending = 1"},
    {"jobs", 5, "CREATE INDEX jobs_by_run ON jobs (run_id)"},
    {"jobs", 6,
     "ALTER TABLE attempts ADD COLUMN gpu_type TEXT;"
     "CREATE INDEX attempts_of_a_length ON attempts (ended_at) WHERE started_at IS NOT NULL AND "
     "cause IN ('exited', 'signalled', 'out_of_memory', 'timeout')"},
};

}  // namespace

std::span<const sql::Migration> Migrations() {
  return kMigrations;
}

}  // namespace orrery::jobs::internal
