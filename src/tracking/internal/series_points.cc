#include "tracking/internal/series_points.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tracking/internal/metric_chunk.h"
#include "tracking/internal/point_order.h"

namespace orrery::tracking::internal {
namespace {

/// `points` are sorted by time.
std::optional<ChunkSummary> Summarize(const std::vector<Point>& points) {
  ChunkSummary summary{points.front(), points.back(), points.front(), points.front()};
  for (size_t i = 0; i < points.size(); ++i) {
    if (!std::isfinite(points[i].value)) return std::nullopt;
    if (i > 0 && points[i].step < points[i - 1].step) return std::nullopt;
    if (points[i].value < summary.min.value) summary.min = points[i];
    if (points[i].value > summary.max.value) summary.max = points[i];
  }
  return summary;
}

std::optional<ChunkSummary> DecodeSummary(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  std::vector<Point> points;
  DecodeRaw(bytes, points);
  if (points.size() != 4) throw Error(Code::kDataLoss, "a stored summary of metric points is damaged");
  return ChunkSummary{points[0], points[1], points[2], points[3]};
}

}  // namespace

Window WindowOf(const std::vector<Point>& points) {
  Window window{points.front().step, points.front().step, points.front().timestamp_ms,
                points.front().timestamp_ms};
  for (const Point& point : points) {
    window.min_step = std::min(window.min_step, point.step);
    window.max_step = std::max(window.max_step, point.step);
    window.min_ms = std::min(window.min_ms, point.timestamp_ms);
    window.max_ms = std::max(window.max_ms, point.timestamp_ms);
  }
  return window;
}

std::vector<ChunkInfo> ReadChunkInfos(sql::Reader& reader, int64_t series_id, const Window& window) {
  std::vector<ChunkInfo> out;
  reader.Visit(
      "SELECT seq, points, min_step, max_step, min_ms, max_ms, summary FROM metric_chunks WHERE series_id = "
      "? "
      "AND max_step >= ? AND min_step <= ? AND max_ms >= ? AND min_ms <= ?",
      [&](const sql::Row& row) {
        out.push_back({row.Int(0),
                       row.Int(1),
                       {row.Int(2), row.Int(3), row.Int(4), row.Int(5)},
                       DecodeSummary(row.Bytes(6))});
      },
      series_id, window.min_step, window.max_step, window.min_ms, window.max_ms);
  std::stable_sort(out.begin(), out.end(),
                   [](const ChunkInfo& a, const ChunkInfo& b) { return a.extent.min_ms < b.extent.min_ms; });
  return out;
}

void ReadChunk(sql::Reader& reader, int64_t series_id, int64_t seq, std::vector<Point>& out) {
  reader.Visit(
      "SELECT data FROM metric_chunks WHERE series_id = ? AND seq = ?",
      [&](const sql::Row& row) { DecodeChunk(row.Bytes(0), out); }, series_id, seq);
}

void ReadTail(sql::Reader& reader, int64_t series_id, std::vector<Point>& out) {
  reader.Visit(
      "SELECT data FROM metric_tail WHERE series_id = ?",
      [&](const sql::Row& row) { DecodeRaw(row.Bytes(0), out); }, series_id);
}

std::vector<Point> ReadPoints(sql::Reader& reader, int64_t series_id, const Window& window) {
  std::vector<Point> points;
  reader.Visit(
      "SELECT data FROM metric_chunks WHERE series_id = ? "
      "AND max_step >= ? AND min_step <= ? AND max_ms >= ? AND min_ms <= ? ORDER BY seq",
      [&](const sql::Row& row) { DecodeChunk(row.Bytes(0), points); }, series_id, window.min_step,
      window.max_step, window.min_ms, window.max_ms);
  ReadTail(reader, series_id, points);
  std::erase_if(points, [&](const Point& point) { return !window.Holds(point); });
  return points;
}

void WriteChunk(sql::Writer& writer, int64_t series_id, int64_t seq, std::vector<Point> points) {
  std::sort(points.begin(), points.end(), TimesBefore);
  const Window extent = WindowOf(points);
  sql::Blob summary;
  if (const auto found = Summarize(points)) {
    const Point chosen[] = {found->first, found->last, found->min, found->max};
    summary.bytes = EncodeRaw(chosen);
  }
  writer.Run(
      "INSERT INTO metric_chunks (series_id, seq, points, min_step, max_step, min_ms, max_ms, summary, data) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      series_id, seq, points.size(), extent.min_step, extent.max_step, extent.min_ms, extent.max_ms, summary,
      sql::Blob{EncodeChunk(points)});
}

}  // namespace orrery::tracking::internal
