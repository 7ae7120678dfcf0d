#include "tracking/metrics.h"

#include <algorithm>

#include "base/error.h"
#include "tracking/internal/curve.h"
#include "tracking/internal/history.h"
#include "tracking/internal/point_order.h"
#include "tracking/internal/run_rows.h"
#include "tracking/internal/series.h"
#include "tracking/internal/series_points.h"
#include "tracking/keyset.h"

namespace orrery::tracking {
namespace {

using Type = SortColumn::Type;

std::optional<internal::SeriesRow> SeriesOf(sql::Reader& reader, const RunId& run, std::string_view key) {
  const auto row = internal::FindRun(reader, run);
  return row ? internal::FindSeries(reader, row->seq, key) : std::nullopt;
}

/// A value travels as its bits: NaN is one too.
std::string EncodePlace(const std::string& query, const Point& point) {
  return EncodePageToken(query, std::vector<sql::Value>{point.timestamp_ms, point.step,
                                                        static_cast<int64_t>(internal::BitsOf(point.value))});
}

Point DecodePlace(const std::string& query, const std::string& token) {
  static const SortColumn kColumns[] = {
      {"time", Type::kInteger}, {"step", Type::kInteger}, {"bits", Type::kInteger}};
  const auto values = DecodePageToken(token, query, kColumns);
  Point point{.step = std::get<int64_t>(values[1]), .timestamp_ms = std::get<int64_t>(values[0])};
  const int64_t bits = std::get<int64_t>(values[2]);
  std::memcpy(&point.value, &bits, sizeof bits);
  return point;
}

}  // namespace

HistoryPage Metrics::History(const RunId& run, std::string_view key, std::optional<int64_t> limit,
                             const std::string& page_token) {
  if (limit && *limit < 1) {
    throw InvalidField("max_results", "expected a positive number of points, got " + std::to_string(*limit));
  }
  const std::string query = "history " + run.text() + " " + std::string(key);
  std::optional<Point> after;
  if (!page_token.empty()) after = DecodePlace(query, page_token);
  return database_.Read([&](sql::Reader& reader) {
    HistoryPage page;
    const auto series = SeriesOf(reader, run, key);
    if (!series) return page;
    // No series has more points than it counts: a greater limit is none.
    if (limit && *limit >= series->points) limit.reset();
    page.points =
        internal::ReadHistory(reader, series->id, after, limit ? std::optional(*limit + 1) : std::nullopt);
    if (limit && static_cast<int64_t>(page.points.size()) > *limit) {
      page.points.pop_back();
      page.next_page_token = EncodePlace(query, page.points.back());
    }
    return page;
  });
}

std::vector<Point> Metrics::Sample(const RunId& run, std::string_view key, int64_t most,
                                   std::optional<int64_t> start_step, std::optional<int64_t> end_step) {
  if (most < 1)
    throw InvalidField("max_results", "expected a positive number of points, got " + std::to_string(most));
  internal::Window window;
  if (start_step) window.min_step = *start_step;
  if (end_step) window.max_step = *end_step;
  auto points = database_.Read([&](sql::Reader& reader) {
    const auto series = SeriesOf(reader, run, key);
    return series ? internal::ReadPoints(reader, series->id, window) : std::vector<Point>();
  });
  std::sort(points.begin(), points.end(), internal::StepsBefore);
  const auto total = static_cast<int64_t>(points.size());
  if (total <= most) return points;
  std::vector<Point> sample;
  for (int64_t i = 0; i < most; ++i) {
    const int64_t row = most == 1 ? total - 1 : i * (total - 1) / (most - 1);
    sample.push_back(points[static_cast<size_t>(row)]);
  }
  return sample;
}

Curve Metrics::ReadCurve(const CurveQuery& query) {
  internal::CheckCurve(query);
  return database_.Read([&](sql::Reader& reader) {
    const auto run = internal::RequireRun(reader, query.run);
    const auto series = internal::FindSeries(reader, run.seq, query.metric);
    Curve curve{.run_id = query.run.text(), .metric = query.metric};
    if (series) internal::FillCurve(reader, series->id, run.start_ms, query, curve);
    return curve;
  });
}

}  // namespace orrery::tracking
