#pragma once

#include <span>

#include "sql/database.h"

namespace orrery::jobs::internal {

/// jobs: one row a job, its spec as JSON; `seq` is the order of submission. attempts: its primary key is the
/// fencing token. transitions: every state entered. job_dependencies: what a job runs after, in the order of
/// its spec. Deleted are none of them.
std::span<const sql::Migration> Migrations();

}  // namespace orrery::jobs::internal
