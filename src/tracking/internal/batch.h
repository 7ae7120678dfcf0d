#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sql/database.h"
#include "tracking/runs.h"

namespace orrery::tracking::internal {

/// The tag that mirrors a run's name.
inline constexpr std::string_view kRunNameTag = "mlflow.runName";

/// Checks keys, lengths and amounts. Errors: invalid_argument.
void CheckBatch(const Batch& batch);
void CheckTags(const std::vector<Tag>& tags);

/// Stores what CheckBatch passed.
void StoreBatch(sql::Writer& writer, const RunId& id, const Batch& batch);

void PutRunTag(sql::Writer& writer, int64_t run_seq, const Tag& tag);

}  // namespace orrery::tracking::internal
