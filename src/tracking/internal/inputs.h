#pragma once

#include <vector>

#include "sql/database.h"
#include "tracking/internal/run_rows.h"
#include "tracking/types.h"

namespace orrery::tracking::internal {

/// Errors: invalid_argument (a missing name or digest, too long a field).
void CheckInputs(const std::vector<DatasetInput>& datasets);

/// Stores what CheckInputs passed. What is there already stays as it is.
void StoreInputs(sql::Writer& writer, const RunKey& run, const std::vector<DatasetInput>& datasets,
                 const std::vector<ModelInput>& models);

/// Errors: not_found (no such logged model).
void StoreOutputs(sql::Writer& writer, const RunKey& run, const std::vector<ModelOutput>& models);

}  // namespace orrery::tracking::internal
