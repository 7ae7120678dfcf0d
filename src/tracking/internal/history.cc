#include "tracking/internal/history.h"

#include <algorithm>

#include "tracking/internal/point_order.h"
#include "tracking/internal/series_points.h"

namespace orrery::tracking::internal {

std::vector<Point> ReadHistory(sql::Reader& reader, int64_t series_id, const std::optional<Point>& after,
                               std::optional<int64_t> limit) {
  Window window;
  if (after) window.min_ms = after->timestamp_ms;
  std::vector<Point> points;
  const auto counts_before = [&](int64_t bound) {
    return std::count_if(points.begin(), points.end(), [&](const Point& point) {
      return point.timestamp_ms < bound && (!after || TimesBefore(*after, point));
    });
  };
  for (const ChunkInfo& chunk : ReadChunkInfos(reader, series_id, window)) {
    // Unread chunks begin no earlier than this one: what lies before it is a page already.
    const bool maybe_enough = limit && static_cast<int64_t>(points.size()) >= *limit;
    if (maybe_enough && counts_before(chunk.extent.min_ms) >= *limit) break;
    ReadChunk(reader, series_id, chunk.seq, points);
  }
  ReadTail(reader, series_id, points);
  if (after) std::erase_if(points, [&](const Point& point) { return !TimesBefore(*after, point); });
  if (!std::is_sorted(points.begin(), points.end(), TimesBefore))
    std::sort(points.begin(), points.end(), TimesBefore);
  if (limit && static_cast<int64_t>(points.size()) > *limit) points.resize(static_cast<size_t>(*limit));
  return points;
}

}  // namespace orrery::tracking::internal
