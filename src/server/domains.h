#pragma once

#include <memory>

#include "blob/blob_store.h"
#include "content/content.h"
#include "events/event_log.h"
#include "events/webhooks.h"
#include "jobs/job_referrer.h"
#include "jobs/jobs.h"
#include "jobs/local/local_executor.h"
#include "jobs/local/nvml.h"
#include "jobs/local/stored_code.h"
#include "jobs/tracking_run_keeper.h"
#include "models/models.h"
#include "models/tracking_lineage.h"
#include "models/version_referrer.h"
#include "server/server.h"
#include "sql/database.h"
#include "tracking/artifact_uploads.h"
#include "tracking/artifacts.h"
#include "tracking/tracking.h"
#include "tracking/trash.h"

namespace orrery::server {

/// Every domain service of a server, in the order in which they stand on each other.
struct Server::Domains {
  Domains(const Config& config, const Seams& seams, const DataFolder& folder);

  std::unique_ptr<sql::Database> database;
  std::unique_ptr<blob::BlobStore> blobs;
  events::EventLog events;
  events::Webhooks webhooks;
  content::Store content;
  tracking::Tracking tracking;
  tracking::Artifacts artifacts;
  tracking::ArtifactUploads uploads;
  models::TrackingLineage lineage;
  models::Registry models;
  jobs::local::StoredCode code;
  std::unique_ptr<jobs::local::Nvml> nvml;  ///< null without NVIDIA's driver
  jobs::local::LocalExecutor executor;
  jobs::TrackingRunKeeper runs;
  jobs::Jobs jobs;
  models::VersionReferrer versions;
  jobs::JobReferrer job_runs;
  tracking::Trash trash;
};

}  // namespace orrery::server
