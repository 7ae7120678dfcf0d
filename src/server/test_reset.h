#pragma once

#include "http/router.h"
#include "jobs/jobs.h"
#include "models/models.h"
#include "sql/database.h"
#include "tracking/artifact_uploads.h"
#include "tracking/artifacts.h"
#include "tracking/tracking.h"

namespace orrery::server {

/// What a reset empties, and the jobs that forbid it.
struct TestStore {
  sql::Database& database;
  tracking::Tracking& tracking;
  tracking::Artifacts& artifacts;
  models::Registry& models;
  tracking::ArtifactUploads& uploads;
  jobs::Jobs& jobs;
};

/// Adds POST /api/v1/test/reset: in one transaction the store becomes that of a new server, with experiment 0 alone. For
/// test suites that use the same names in every test, on a server of their own (Config::allow_test_reset).
/// The route's errors: failed_precondition (a job was ever submitted here: such a server is somebody's).
void AddTestReset(http::Router& router, const TestStore& store);

}  // namespace orrery::server
