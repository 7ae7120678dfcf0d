#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/database.h"
#include "tracking/search.h"
#include "tracking/types.h"

namespace orrery::tracking::internal {

/// A row of the table experiments.
struct ExperimentRow {
  int64_t id = 0;
  std::string name;
  std::string artifact_location;
  LifecycleStage lifecycle_stage = LifecycleStage::kActive;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
};
BOOST_DESCRIBE_STRUCT(ExperimentRow, (),
                      (id, name, artifact_location, lifecycle_stage, created_ms, updated_ms))

std::optional<ExperimentRow> FindExperiment(sql::Reader& reader, int64_t id);
/// Errors: not_found.
ExperimentRow RequireExperiment(sql::Reader& reader, int64_t id);
/// Errors: not_found, failed_precondition (deleted).
ExperimentRow RequireActiveExperiment(sql::Reader& reader, int64_t id);

/// The rows with their tags, in the order given.
std::vector<Experiment> LoadExperiments(sql::Reader& reader, const std::vector<ExperimentRow>& rows);

ExperimentPage SearchExperiments(sql::Reader& reader, const ExperimentQuery& query);

}  // namespace orrery::tracking::internal
