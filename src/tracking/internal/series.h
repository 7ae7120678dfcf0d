#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "sql/database.h"
#include "tracking/internal/run_rows.h"
#include "tracking/types.h"

namespace orrery::tracking::internal {

/// A series is sealed into a chunk when this many of its points lie in the tail.
inline constexpr int64_t kPointsToSeal = 1'024;

/// A row of metric_series without its owner: what stands beside the points.
struct SeriesRow {
  int64_t id = 0;
  double latest_value = 0;
  int64_t latest_step = 0;
  int64_t latest_ms = 0;
  double first_value = 0;
  int64_t first_step = 0;
  int64_t first_ms = 0;
  double min_value = 0;
  double max_value = 0;
  int64_t points = 0;
  int64_t tail_points = 0;

  Point latest() const { return {latest_value, latest_step, latest_ms}; }
  Point first() const { return {first_value, first_step, first_ms}; }
};
BOOST_DESCRIBE_STRUCT(SeriesRow, (),
                      (id, latest_value, latest_step, latest_ms, first_value, first_step, first_ms, min_value,
                       max_value, points, tail_points))

std::optional<SeriesRow> FindSeries(sql::Reader& reader, int64_t run_seq, std::string_view key);

/// Adds `points` to the series `key` of `run`. Those that are there already are left out, so a repeated call
/// changes nothing. Costs one look at the chunks around a point only where that is not the latest.
void AppendPoints(sql::Writer& writer, const RunKey& run, std::string_view key, std::vector<Point> points);

}  // namespace orrery::tracking::internal
