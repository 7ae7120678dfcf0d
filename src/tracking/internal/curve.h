#pragma once

#include <cstdint>

#include "sql/database.h"
#include "tracking/metrics.h"

namespace orrery::tracking::internal {

/// Errors: invalid_argument (width, from, to).
void CheckCurve(const CurveQuery& query);

/// Reads `query` of one series. Chunks that lie wholly in one bucket are taken by their summary; so of a
/// series of n points about n / 1,024 summaries and one chunk a bucket are read. The result is that of reading
/// every point, whatever chunks the points lie in.
void FillCurve(sql::Reader& reader, int64_t series_id, int64_t run_start_ms, const CurveQuery& query,
               Curve& curve);

}  // namespace orrery::tracking::internal
