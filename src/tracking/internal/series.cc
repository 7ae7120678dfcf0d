#include "tracking/internal/series.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tracking/internal/metric_chunk.h"
#include "tracking/internal/point_order.h"
#include "tracking/internal/series_points.h"

namespace orrery::tracking::internal {
namespace {

/// Whether `point` cannot be stored yet because it is after `latest`. A stored NaN lost its payload, so what
/// ties with one has to be looked up.
bool IsNewer(const Point& point, const Point& latest) {
  const bool tied = point.step == latest.step && point.timestamp_ms == latest.timestamp_ms;
  return StepsBefore(latest, point) && !(tied && std::isnan(latest.value));
}

/// Removes from `points` (sorted by step, none twice) those that the series has.
void DropStored(sql::Reader& reader, const SeriesRow& series, std::vector<Point>& points) {
  const Point latest = series.latest();
  const auto newer =
      std::find_if(points.begin(), points.end(), [&](const Point& point) { return IsNewer(point, latest); });
  const std::vector<Point> doubtful(points.begin(), newer);
  if (doubtful.empty()) return;
  std::vector<Point> stored = ReadPoints(reader, series.id, WindowOf(doubtful));
  std::sort(stored.begin(), stored.end(), StepsBefore);
  points.erase(std::remove_if(points.begin(), newer,
                              [&](const Point& point) {
                                return std::binary_search(stored.begin(), stored.end(), point, StepsBefore);
                              }),
               newer);
}

/// Takes the new points (sorted by step) into what stands beside the series.
void Account(SeriesRow& series, const std::vector<Point>& points) {
  const bool empty = series.points == 0;
  if (empty || StepsBefore(series.latest(), points.back())) {
    series.latest_value = points.back().value;
    series.latest_step = points.back().step;
    series.latest_ms = points.back().timestamp_ms;
  }
  if (empty || StepsBefore(points.front(), series.first())) {
    series.first_value = points.front().value;
    series.first_step = points.front().step;
    series.first_ms = points.front().timestamp_ms;
  }
  for (const Point& point : points) {
    series.min_value = std::fmin(series.min_value, point.value);
    series.max_value = std::fmax(series.max_value, point.value);
  }
  series.points += static_cast<int64_t>(points.size());
}

void InsertSeries(sql::Writer& writer, const RunKey& run, std::string_view key, SeriesRow& series) {
  writer.Run(
      "INSERT INTO metric_series (run_seq, experiment_id, key, latest_value, latest_step, latest_ms, "
      "first_value, "
      "first_step, first_ms, min_value, max_value, points, tail_points) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?, ?, ?, ?)",
      run.seq, run.experiment_id, key, series.latest_value, series.latest_step, series.latest_ms,
      series.first_value, series.first_step, series.first_ms, series.min_value, series.max_value,
      series.points, series.tail_points);
  series.id = writer.LastInsertId();
}

void UpdateSeries(sql::Writer& writer, const SeriesRow& series) {
  writer.Run(
      "UPDATE metric_series SET latest_value = ?, latest_step = ?, latest_ms = ?, first_value = ?, "
      "first_step = ?, "
      "first_ms = ?, min_value = ?, max_value = ?, points = ?, tail_points = ? WHERE id = ?",
      series.latest_value, series.latest_step, series.latest_ms, series.first_value, series.first_step,
      series.first_ms, series.min_value, series.max_value, series.points, series.tail_points, series.id);
}

}  // namespace

std::optional<SeriesRow> FindSeries(sql::Reader& reader, int64_t run_seq, std::string_view key) {
  static const std::string kSql =
      "SELECT " + sql::Columns<SeriesRow>() + " FROM metric_series WHERE run_seq = ? AND key = ?";
  return reader.First<SeriesRow>(kSql, run_seq, key);
}

void AppendPoints(sql::Writer& writer, const RunKey& run, std::string_view key, std::vector<Point> points) {
  std::sort(points.begin(), points.end(), StepsBefore);
  points.erase(std::unique(points.begin(), points.end(), SamePoint), points.end());
  auto series = FindSeries(writer, run.seq, key);
  const bool known = series.has_value();
  if (known) {
    DropStored(writer, *series, points);
  } else {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    series = SeriesRow{.min_value = kNone, .max_value = kNone};
  }
  if (points.empty()) return;

  const int64_t place = series->points;
  const int64_t tail = series->tail_points;
  const bool seal = tail + static_cast<int64_t>(points.size()) >= kPointsToSeal;
  Account(*series, points);
  series->tail_points = seal ? 0 : tail + static_cast<int64_t>(points.size());
  known ? UpdateSeries(writer, *series) : InsertSeries(writer, run, key, *series);
  if (!seal) {
    writer.Run("INSERT INTO metric_tail (series_id, seq, data) VALUES (?, ?, ?)", series->id, place,
               sql::Blob{EncodeRaw(points)});
    return;
  }
  if (tail > 0) {
    ReadTail(writer, series->id, points);
    writer.Run("DELETE FROM metric_tail WHERE series_id = ?", series->id);
  }
  WriteChunk(writer, series->id, place, std::move(points));
}

}  // namespace orrery::tracking::internal
