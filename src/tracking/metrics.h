#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/database.h"
#include "tracking/types.h"

namespace orrery::tracking {

struct HistoryPage {
  std::vector<Point> points;
  std::string next_page_token;  ///< empty on the last page
};

enum class CurveX { kStep, kRelative, kWall };
BOOST_DESCRIBE_ENUM(CurveX, kStep, kRelative, kWall)

struct CurveQuery {
  RunId run;
  std::string metric;
  CurveX x = CurveX::kStep;
  std::optional<double> from;  ///< in units of x, both ends included
  std::optional<double> to;
  int64_t width = 1'000;  ///< buckets, 1 to 10,000
};

/// A series cut into `width` buckets along x: of each bucket the points of the least, greatest, first and last
/// finite value, in the order of x. Up to 4 * width points are all there.
struct Curve {
  std::string run_id;
  std::string metric;
  int64_t total = 0;                                  ///< points in the range
  bool exact = true;                                  ///< every one of them is there
  std::vector<std::pair<double, double>> points;      ///< (x, value); a value that is not finite is a gap
  std::vector<std::pair<double, double>> non_finite;  ///< (x, value): of each bucket the first of each kind
};

/// Reads the points of metrics. Safe to call from any thread; unknown runs and keys have no points.
class Metrics {
 public:
  explicit Metrics(sql::Database& database) : database_(database) {}

  /// The points of one series in the order (timestamp, step, value), equal ones once. Without `limit` all of
  /// them. Errors: invalid_argument (limit below 1, a bad token).
  HistoryPage History(const RunId& run, std::string_view key, std::optional<int64_t> limit = {},
                      const std::string& page_token = {});

  /// At most `most` points of steps `start` to `end` (both included), in the order (step, timestamp, value),
  /// evenly chosen by row, the first and last always among them.
  std::vector<Point> Sample(const RunId& run, std::string_view key, int64_t most,
                            std::optional<int64_t> start_step = {}, std::optional<int64_t> end_step = {});

  /// x: the step; seconds since the run's start; milliseconds since the epoch. Errors: not_found (no such
  /// run).
  Curve ReadCurve(const CurveQuery& query);

 private:
  sql::Database& database_;
};

}  // namespace orrery::tracking
