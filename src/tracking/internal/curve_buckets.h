#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tracking/internal/series_points.h"
#include "tracking/metrics.h"

namespace orrery::tracking::internal {

/// Where a point lies along x.
struct Axis {
  CurveX x = CurveX::kStep;
  int64_t origin_ms = 0;  ///< of kRelative

  double Of(const Point& point) const;
  /// Orders by x, then by the rest: the same for every way in which points arrive.
  bool Before(const Point& a, const Point& b) const;
};

/// Gathers points, in any order, into buckets of equal width along x, keeping of each bucket the first, last,
/// least and greatest of the finite ones, and the first of each kind that is not finite. While there are no
/// more than 4 * width points, all are kept.
class CurveBuckets {
 public:
  /// `from` <= `to` are the ends of the first and last bucket, included.
  CurveBuckets(const Axis& axis, double from, double to, int64_t width);

  /// The bucket of `x`, which lies in the range.
  size_t Place(double x) const;
  /// Takes a point; one out of the range does not count.
  void Add(const Point& point);
  /// Takes the points of a chunk that lies in one bucket by its summary.
  void Add(const ChunkSummary& summary, int64_t points);

  int64_t total() const { return total_; }
  /// Whether every point is kept.
  bool exact() const { return buckets_.empty(); }
  /// Writes what is kept to `curve`, in the order of x.
  void Fill(Curve& curve) const;

 private:
  struct Bucket {
    bool finite = false;
    Point first, last, min, max;
    bool has_odd[3] = {};  // NaN, infinity, -infinity
    Point odd[3];
  };

  void StartBuckets();
  void Take(Bucket& bucket, const Point& point) const;
  /// What is kept, sorted along x.
  std::vector<Point> Kept() const;

  Axis axis_;
  double from_;
  double to_;
  int64_t width_;
  int64_t total_ = 0;
  std::vector<Point> kept_;      // while exact
  std::vector<Bucket> buckets_;  // from then on
};

}  // namespace orrery::tracking::internal
