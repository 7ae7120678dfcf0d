#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "sql/database.h"
#include "tracking/types.h"

namespace orrery::tracking::internal {

/// A row of the table runs.
struct RunRow {
  int64_t seq = 0;
  RunId id;
  std::string name;
  int64_t experiment_id = 0;
  std::string user_name;
  RunStatus status = RunStatus::kRunning;
  int64_t start_ms = 0;
  std::optional<int64_t> end_ms;
  std::string artifact_uri;
  LifecycleStage lifecycle_stage = LifecycleStage::kActive;

  RunInfo info() const {
    return {id, name, experiment_id, user_name, status, start_ms, end_ms, artifact_uri, lifecycle_stage};
  }
};
BOOST_DESCRIBE_STRUCT(RunRow, (),
                      (seq, id, name, experiment_id, user_name, status, start_ms, end_ms, artifact_uri,
                       lifecycle_stage))

/// What a write needs to know of its run.
struct RunKey {
  int64_t seq = 0;
  int64_t experiment_id = 0;
};

std::optional<RunRow> FindRun(sql::Reader& reader, const RunId& id);
/// Errors: not_found.
RunRow RequireRun(sql::Reader& reader, const RunId& id);
/// Errors: not_found, failed_precondition (deleted).
RunKey RequireActiveRun(sql::Reader& reader, const RunId& id);

/// The rows with all that belongs to them, in the order given.
std::vector<Run> LoadRuns(sql::Reader& reader, const std::vector<RunRow>& rows);

}  // namespace orrery::tracking::internal
