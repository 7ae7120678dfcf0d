#pragma once

#include "http/router.h"
#include "models/models.h"
#include "sql/database.h"
#include "tracking/artifact_uploads.h"
#include "tracking/artifacts.h"
#include "tracking/tracking.h"

namespace orrery::compat::mlflow {

/// The version of MLflow whose server this wire answers as.
inline constexpr std::string_view kMlflowVersion = "3.17.2";

/// What the calls are translated to.
struct Services {
  sql::Database& database;
  tracking::Tracking& tracking;
  tracking::Artifacts& artifacts;
  models::Registry& models;
  tracking::ArtifactUploads& uploads;
  std::string public_url;  ///< where clients reach this server; empty: as they did
};

/// Adds MLflow's REST calls: /api/2.0/mlflow, /api/2.0/mlflow-artifacts, their /ajax-api twins, the UI's
/// downloads, /api/3.0/mlflow/server-info, /health and /version. What `services` refers to must outlive the
/// router.
void AddMlflowRoutes(http::Router& router, const Services& services);

}  // namespace orrery::compat::mlflow
