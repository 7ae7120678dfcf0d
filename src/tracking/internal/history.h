#pragma once

#include "sql/database.h"
#include "tracking/metrics.h"

namespace orrery::tracking::internal {

/// At most `limit` points of a series after `after` in the order (timestamp, step, value); one more tells that
/// there are more. Chunks that lie wholly behind or beyond the page stay unread.
std::vector<Point> ReadHistory(sql::Reader& reader, int64_t series_id, const std::optional<Point>& after,
                               std::optional<int64_t> limit);

}  // namespace orrery::tracking::internal
