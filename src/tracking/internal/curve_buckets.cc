#include "tracking/internal/curve_buckets.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tracking/internal/point_order.h"

namespace orrery::tracking::internal {
namespace {

size_t KindOf(double value) {
  return std::isnan(value) ? 0 : value > 0 ? 1 : 2;
}

}  // namespace

double Axis::Of(const Point& point) const {
  switch (x) {
    case CurveX::kStep:
      return static_cast<double>(point.step);
    case CurveX::kRelative:
      // Subtracted as doubles: the difference of two int64 need not be one.
      return (static_cast<double>(point.timestamp_ms) - static_cast<double>(origin_ms)) / 1'000;
    case CurveX::kWall:
      break;
  }
  return static_cast<double>(point.timestamp_ms);
}

bool Axis::Before(const Point& a, const Point& b) const {
  return x == CurveX::kStep ? StepsBefore(a, b) : TimesBefore(a, b);
}

CurveBuckets::CurveBuckets(const Axis& axis, double from, double to, int64_t width)
    : axis_(axis), from_(from), to_(to), width_(width) {}

size_t CurveBuckets::Place(double x) const {
  if (!(to_ > from_)) return 0;
  const double place = (x - from_) / (to_ - from_) * static_cast<double>(width_);
  return static_cast<size_t>(std::clamp(place, 0.0, static_cast<double>(width_ - 1)));
}

void CurveBuckets::Add(const Point& point) {
  const double x = axis_.Of(point);
  if (!(x >= from_ && x <= to_)) return;
  ++total_;
  if (exact() && total_ <= 4 * width_) {
    kept_.push_back(point);
    return;
  }
  StartBuckets();
  Take(buckets_[Place(x)], point);
}

void CurveBuckets::Add(const ChunkSummary& summary, int64_t points) {
  StartBuckets();
  total_ += points;
  Bucket& bucket = buckets_[Place(axis_.Of(summary.first))];
  for (const Point& point : {summary.first, summary.last, summary.min, summary.max}) Take(bucket, point);
}

void CurveBuckets::StartBuckets() {
  if (!buckets_.empty()) return;
  buckets_.resize(static_cast<size_t>(width_));
  for (const Point& point : kept_) Take(buckets_[Place(axis_.Of(point))], point);
  kept_.clear();
}

void CurveBuckets::Take(Bucket& bucket, const Point& point) const {
  if (!std::isfinite(point.value)) {
    const size_t kind = KindOf(point.value);
    if (!bucket.has_odd[kind] || axis_.Before(point, bucket.odd[kind])) bucket.odd[kind] = point;
    bucket.has_odd[kind] = true;
    return;
  }
  if (!bucket.finite) {
    bucket.finite = true;
    bucket.first = bucket.last = bucket.min = bucket.max = point;
    return;
  }
  if (axis_.Before(point, bucket.first)) bucket.first = point;
  if (axis_.Before(bucket.last, point)) bucket.last = point;
  const auto replaces = [&](const Point& extreme) {
    return point.value == extreme.value && axis_.Before(point, extreme);
  };
  if (point.value < bucket.min.value || replaces(bucket.min)) bucket.min = point;
  if (point.value > bucket.max.value || replaces(bucket.max)) bucket.max = point;
}

std::vector<Point> CurveBuckets::Kept() const {
  std::vector<Point> points = kept_;
  for (const Bucket& bucket : buckets_) {
    if (bucket.finite) points.insert(points.end(), {bucket.first, bucket.last, bucket.min, bucket.max});
    for (size_t kind = 0; kind < 3; ++kind) {
      if (bucket.has_odd[kind]) points.push_back(bucket.odd[kind]);
    }
  }
  std::sort(points.begin(), points.end(), [&](const Point& a, const Point& b) { return axis_.Before(a, b); });
  points.erase(std::unique(points.begin(), points.end(), SamePoint), points.end());
  return points;
}

void CurveBuckets::Fill(Curve& curve) const {
  curve.total = total_;
  curve.exact = exact();
  const Point* gap = nullptr;
  const std::vector<Point> kept = Kept();
  for (const Point& point : kept) {
    const std::pair<double, double> place(axis_.Of(point), point.value);
    if (!std::isfinite(point.value)) {
      curve.non_finite.push_back(place);
      // Of a bucket without a finite value one gap is enough to break the line.
      if (!exact() &&
          (buckets_[Place(place.first)].finite || (gap && Place(axis_.Of(*gap)) == Place(place.first))))
        continue;
      gap = &point;
    }
    curve.points.push_back(place);
  }
}

}  // namespace orrery::tracking::internal
