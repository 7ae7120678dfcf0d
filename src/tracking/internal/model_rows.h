#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "sql/database.h"
#include "tracking/search.h"
#include "tracking/types.h"

namespace orrery::tracking::internal {

/// A row of the table logged_models that is not deleted.
struct ModelRow {
  int64_t seq = 0;
  LoggedModelId id;
  int64_t experiment_id = 0;
  std::string name;
  std::string model_type;
  std::string source_run_id;
  LoggedModelStatus status = LoggedModelStatus::kPending;
  std::string status_message;
  std::string artifact_uri;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
};
BOOST_DESCRIBE_STRUCT(ModelRow, (),
                      (seq, id, experiment_id, name, model_type, source_run_id, status, status_message,
                       artifact_uri, created_ms, updated_ms))

/// Errors: not_found (deleted ones too).
ModelRow RequireModel(sql::Reader& reader, const LoggedModelId& id);

/// The rows with all that belongs to them, in the order given.
std::vector<LoggedModel> LoadModels(sql::Reader& reader, const std::vector<ModelRow>& rows);

/// Takes a run's metric into those of its model, where it is the latest of its (key, run, dataset).
/// Errors: not_found (no such model).
void StoreModelMetric(sql::Writer& writer, const RunId& run, const Metric& metric);

LoggedModelPage SearchModels(sql::Reader& reader, const LoggedModelQuery& query);

}  // namespace orrery::tracking::internal
