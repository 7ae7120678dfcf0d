#include "tracking/internal/curve.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "tracking/internal/curve_buckets.h"
#include "tracking/internal/point_order.h"
#include "tracking/internal/series_points.h"

namespace orrery::tracking::internal {
namespace {

constexpr int64_t kMostWidth = 10'000;

/// The chunks and the tail of a series, and where its curve begins and ends.
struct Source {
  std::vector<ChunkInfo> chunks;
  std::vector<Point> tail;
  int64_t least_ms = std::numeric_limits<int64_t>::max();

  Source(sql::Reader& reader, int64_t series_id) : chunks(ReadChunkInfos(reader, series_id, {})) {
    ReadTail(reader, series_id, tail);
    for (const ChunkInfo& chunk : chunks) least_ms = std::min(least_ms, chunk.extent.min_ms);
    for (const Point& point : tail) least_ms = std::min(least_ms, point.timestamp_ms);
  }
};

/// The extent of a chunk along the axis.
std::pair<double, double> ExtentOf(const Axis& axis, const Window& extent) {
  return {axis.Of({0, extent.min_step, extent.min_ms}), axis.Of({0, extent.max_step, extent.max_ms})};
}

std::pair<double, double> RangeOf(const Source& source, const Axis& axis, const CurveQuery& query) {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const ChunkInfo& chunk : source.chunks) {
    const auto [from, to] = ExtentOf(axis, chunk.extent);
    least = std::min(least, from);
    most = std::max(most, to);
  }
  for (const Point& point : source.tail) {
    least = std::min(least, axis.Of(point));
    most = std::max(most, axis.Of(point));
  }
  return {query.from ? *query.from : least, query.to ? *query.to : most};
}

}  // namespace

void CheckCurve(const CurveQuery& query) {
  if (query.width < 1 || query.width > kMostWidth) {
    throw InvalidField("width", "expected 1 to " + std::to_string(kMostWidth) + " buckets, got " +
                                    std::to_string(query.width));
  }
  if (query.from && !std::isfinite(*query.from)) throw InvalidField("from", "expected a finite number");
  if (query.to && !std::isfinite(*query.to)) throw InvalidField("to", "expected a finite number");
  if (query.from && query.to && *query.from > *query.to)
    throw InvalidField("to", "must not be less than from");
}

void FillCurve(sql::Reader& reader, int64_t series_id, int64_t run_start_ms, const CurveQuery& query,
               Curve& curve) {
  const Source source(reader, series_id);
  // A clock that ran behind must not draw points before the beginning.
  const Axis axis{query.x, std::min(run_start_ms, source.least_ms)};
  const auto [from, to] = RangeOf(source, axis, query);
  CurveBuckets buckets(axis, from, to, query.width);
  std::vector<Point> points;
  const auto read = [&](const ChunkInfo& chunk) {
    points.clear();
    ReadChunk(reader, series_id, chunk.seq, points);
    for (const Point& point : points) buckets.Add(point);
  };
  std::vector<const ChunkInfo*> inside;
  int64_t inside_points = 0;
  for (const ChunkInfo& chunk : source.chunks) {
    const auto [begin, end] = ExtentOf(axis, chunk.extent);
    if (end < from || begin > to) continue;
    if (begin < from || end > to) {
      read(chunk);
      continue;
    }
    inside.push_back(&chunk);
    inside_points += chunk.points;
  }
  for (const Point& point : source.tail) buckets.Add(point);
  // Only now is known whether all points in the range can be shown.
  const bool summaries = buckets.total() + inside_points > 4 * query.width;
  for (const ChunkInfo* chunk : inside) {
    const auto [begin, end] = ExtentOf(axis, chunk->extent);
    if (summaries && chunk->summary && buckets.Place(begin) == buckets.Place(end)) {
      buckets.Add(*chunk->summary, chunk->points);
    } else {
      read(*chunk);
    }
  }
  buckets.Fill(curve);
}

}  // namespace orrery::tracking::internal
