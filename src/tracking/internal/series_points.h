#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "sql/database.h"
#include "tracking/types.h"

/// How the points of a series lie in the database: small raw rows in the tail, sealed chunks behind it. No point
/// is stored twice; chunks may overlap where points came out of order.
namespace orrery::tracking::internal {

/// A range of steps and one of times, ends included.
struct Window {
  int64_t min_step = std::numeric_limits<int64_t>::min();
  int64_t max_step = std::numeric_limits<int64_t>::max();
  int64_t min_ms = std::numeric_limits<int64_t>::min();
  int64_t max_ms = std::numeric_limits<int64_t>::max();

  bool Holds(const Point& point) const {
    return point.step >= min_step && point.step <= max_step && point.timestamp_ms >= min_ms &&
           point.timestamp_ms <= max_ms;
  }
};

/// The extent of some points.
Window WindowOf(const std::vector<Point>& points);

/// The points of a regular chunk that stand for the others: finite values only, and (step, timestamp) grow
/// together, so first and last are the same in either order. Of equal values the earliest is least and greatest.
struct ChunkSummary {
  Point first;
  Point last;
  Point min;
  Point max;
};

/// A chunk without its points.
struct ChunkInfo {
  int64_t seq = 0;
  int64_t points = 0;
  Window extent;
  std::optional<ChunkSummary> summary;  ///< none: not regular
};

/// The chunks that overlap `window`, by first time.
std::vector<ChunkInfo> ReadChunkInfos(sql::Reader& reader, int64_t series_id, const Window& window);

/// Appends the points of one chunk, in the order of time.
void ReadChunk(sql::Reader& reader, int64_t series_id, int64_t seq, std::vector<Point>& out);

/// Appends the points of the tail, in no order.
void ReadTail(sql::Reader& reader, int64_t series_id, std::vector<Point>& out);

/// Every point in `window`, in no order.
std::vector<Point> ReadPoints(sql::Reader& reader, int64_t series_id, const Window& window);

/// Stores `points` as one chunk; they must not be empty.
void WriteChunk(sql::Writer& writer, int64_t series_id, int64_t seq, std::vector<Point> points);

}  // namespace orrery::tracking::internal
