#pragma once

#include <cstdint>
#include <vector>

#include "sql/database.h"
#include "tracking/internal/run_rows.h"

/// The rows behind deletion: which run went when, and with which other one.
namespace orrery::tracking::internal {

/// Deletes the active run `row` and its active descendants at `now_ms`; returns them, itself first.
std::vector<RunRow> TakeToTrash(sql::Writer& writer, const RunRow& row, int64_t now_ms);

/// Makes the deleted run `row` active again, with those that were deleted together with it and whose experiment is
/// active; returns them, itself first.
std::vector<RunRow> TakeFromTrash(sql::Writer& writer, const RunRow& row);

}  // namespace orrery::tracking::internal
