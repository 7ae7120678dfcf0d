#include "tracking/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tracking/internal/point_order.h"
#include "tracking/internal/test_tracking.h"

namespace orrery::tracking {
namespace {

using internal::SamePoint;
using internal::TimesBefore;

class MetricsTest : public TrackingTest {
 protected:
  MetricsTest() : run_(NewRunId()) {}

  void Log(const std::vector<Point>& points) {
    for (size_t first = 0; first < points.size(); first += 1000) {
      Batch batch;
      for (size_t i = first; i < std::min(first + 1000, points.size()); ++i) {
        batch.metrics.push_back({"m", points[i].value, points[i].step, points[i].timestamp_ms});
      }
      tracking_.runs.LogBatch(run_, batch);
    }
  }
  int64_t Count(std::string_view table) {
    return *database_->Read([&](sql::Reader& reader) {
      return reader.First<int64_t>("SELECT count(*) FROM " + std::string(table));
    });
  }

  RunId run_;
};

std::vector<Point> SortedOnce(std::vector<Point> points) {
  std::sort(points.begin(), points.end(), TimesBefore);
  points.erase(std::unique(points.begin(), points.end(), SamePoint), points.end());
  return points;
}

void ExpectSame(const std::vector<Point>& got, const std::vector<Point>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(SamePoint(got[i], want[i])) << i << ": " << got[i].value << " at " << got[i].step
                                            << ", wanted " << want[i].value << " at " << want[i].step;
  }
}

std::vector<Point> Regular(int64_t count) {
  std::vector<Point> points;
  for (int64_t i = 0; i < count; ++i)
    points.push_back({std::sin(static_cast<double>(i) / 50), i, 1000 + 10 * i});
  return points;
}

/// Out of order, with repeats and values that are not finite.
std::vector<Point> Wild(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  const double odd[] = {std::nan(""), std::numeric_limits<double>::infinity(),
                        -std::numeric_limits<double>::infinity(), -0.0};
  std::vector<Point> points;
  for (size_t i = 0; i < count; ++i) {
    if (!points.empty() && random() % 10 == 0) {
      points.push_back(points[random() % points.size()]);
      continue;
    }
    const double value = random() % 20 == 0 ? odd[random() % 4] : static_cast<double>(random() % 1000) / 7;
    points.push_back(
        {value, static_cast<int64_t>(random() % 500) - 250, static_cast<int64_t>(random() % 3000)});
  }
  return points;
}

TEST_F(MetricsTest, WhatIsUnknownHasNoPoints) {
  EXPECT_TRUE(tracking_.metrics.History(RunId::Parse("none"), "m").points.empty());
  EXPECT_TRUE(tracking_.metrics.History(run_, "m").points.empty());
  EXPECT_TRUE(tracking_.metrics.Sample(run_, "m", 10).empty());
  EXPECT_EQ(CodeOf([&] { tracking_.metrics.History(run_, "m", 0); }), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { tracking_.metrics.History(run_, "m", 1, "x"); }), Code::kInvalidArgument);
}

TEST_F(MetricsTest, PointsAreSealedAndComeBackInOrder) {
  const auto points = Regular(5'000);
  Log(points);
  ExpectSame(tracking_.metrics.History(run_, "m").points, points);
  EXPECT_EQ(Count("metric_chunks"), 2);
  EXPECT_EQ(Count("metric_tail"), 1);
}

TEST_F(MetricsTest, SinglePointsAreSealedToo) {
  const auto points = Regular(1'100);
  database_->Write([&](sql::Writer& writer) {
    for (const Point& point : points) {
      tracking_.runs.LogBatch(writer, run_,
                              {.metrics = {{"m", point.value, point.step, point.timestamp_ms}}});
    }
  });
  EXPECT_EQ(Count("metric_chunks"), 1);
  EXPECT_EQ(Count("metric_tail"), 1'100 - 1'024);
  ExpectSame(tracking_.metrics.History(run_, "m").points, points);
}

TEST_F(MetricsTest, WildSeriesComeBackOnceAndInOrder) {
  const auto points = Wild(6'000, 3);
  Log(points);
  const auto want = SortedOnce(points);
  ExpectSame(tracking_.metrics.History(run_, "m").points, want);
  EXPECT_EQ(tracking_.runs.Get(run_).metrics.front().count, want.size());
}

TEST_F(MetricsTest, ARepeatedBatchChangesNothing) {
  auto points = Wild(3'000, 4);
  points.push_back({std::nan(""), 1'000, 10'000});  // the latest
  Log(points);
  const auto before = tracking_.runs.Get(run_).metrics.front();
  const int64_t chunks = Count("metric_chunks");
  Log(points);
  Log({points.back()});
  const auto after = tracking_.runs.Get(run_).metrics.front();
  EXPECT_EQ(after.count, before.count);
  EXPECT_EQ(Count("metric_chunks"), chunks);
  ExpectSame(tracking_.metrics.History(run_, "m").points, SortedOnce(points));
}

TEST_F(MetricsTest, PagesSkipAndRepeatNothing) {
  for (const uint64_t seed : {5u, 6u}) {
    const RunId before = std::exchange(run_, NewRunId());
    const auto points = seed == 5 ? Regular(4'321) : Wild(4'321, seed);
    Log(points);
    for (const int64_t limit : {1'000, 1'500, 4'000, 5'000}) {
      std::vector<Point> walked;
      std::string token;
      do {
        const auto page = tracking_.metrics.History(run_, "m", limit, token);
        EXPECT_LE(page.points.size(), limit);
        walked.insert(walked.end(), page.points.begin(), page.points.end());
        token = page.next_page_token;
      } while (!token.empty());
      ExpectSame(walked, SortedOnce(points));
    }
    EXPECT_NE(before, run_);
  }
}

TEST_F(MetricsTest, ATokenOfAnotherSeriesIsRefused) {
  Log(Regular(10));
  const std::string token = tracking_.metrics.History(run_, "m", 5).next_page_token;
  EXPECT_EQ(CodeOf([&] { tracking_.metrics.History(run_, "n", 5, token); }), Code::kInvalidArgument);
}

TEST_F(MetricsTest, SamplesEvenlyWithFirstAndLast) {
  const auto points = Regular(3'000);
  Log(points);
  const auto sample = tracking_.metrics.Sample(run_, "m", 320);
  ASSERT_EQ(sample.size(), 320);
  EXPECT_EQ(sample.front().step, 0);
  EXPECT_EQ(sample.back().step, 2'999);
  const auto part = tracking_.metrics.Sample(run_, "m", 320, 100, 109);
  ASSERT_EQ(part.size(), 10);
  EXPECT_EQ(part.front().step, 100);
  EXPECT_EQ(part.back().step, 109);
}

TEST_F(MetricsTest, FullRangeOfStepsAndTimes) {
  const int64_t least = std::numeric_limits<int64_t>::min();
  const int64_t most = std::numeric_limits<int64_t>::max();
  const std::vector<Point> points = {{1, least, most}, {2, most, least}, {3, 0, 0}};
  Log(points);
  ExpectSame(tracking_.metrics.History(run_, "m").points, SortedOnce(points));
  for (const CurveX x : {CurveX::kStep, CurveX::kRelative, CurveX::kWall}) {
    EXPECT_EQ(tracking_.metrics.ReadCurve({.run = run_, .metric = "m", .x = x}).points.size(), 3);
  }
}

TEST_F(MetricsTest, ASmallCurveIsExact) {
  Log({{1, 0, 1000}, {std::nan(""), 1, 1001}, {3, 2, 1002}});
  const Curve curve = tracking_.metrics.ReadCurve({.run = run_, .metric = "m"});
  EXPECT_TRUE(curve.exact);
  EXPECT_EQ(curve.total, 3);
  ASSERT_EQ(curve.points.size(), 3);
  EXPECT_TRUE(std::isnan(curve.points[1].second));
  ASSERT_EQ(curve.non_finite.size(), 1);
  EXPECT_EQ(curve.non_finite[0].first, 1);
  // The clock of the points is behind that of the run: the curve still begins at 0.
  EXPECT_EQ(tracking_.metrics.ReadCurve({.run = run_, .metric = "m", .x = CurveX::kRelative}).points[0].first,
            0);
  EXPECT_EQ(CodeOf([&] { tracking_.metrics.ReadCurve({.run = run_, .metric = "m", .width = 0}); }),
            Code::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { tracking_.metrics.ReadCurve({.run = RunId::Parse("none"), .metric = "m"}); }),
            Code::kNotFound);
}

TEST_F(MetricsTest, ASpikeIsSeenAtEveryZoom) {
  auto points = Regular(40'000);
  points[23'456].value = 99;
  Log(points);
  for (const auto& [from, to] : {std::pair(0.0, 39'999.0), {20'000.0, 30'000.0}, {23'400.0, 23'500.0}}) {
    const Curve curve =
        tracking_.metrics.ReadCurve({.run = run_, .metric = "m", .from = from, .to = to, .width = 20});
    EXPECT_LE(curve.points.size(), 80);
    EXPECT_EQ(curve.total, to - from + 1);
    EXPECT_TRUE(std::any_of(curve.points.begin(), curve.points.end(),
                            [](const auto& p) { return p == std::pair(23'456.0, 99.0); }));
  }
  const Curve zoomed =
      tracking_.metrics.ReadCurve({.run = run_, .metric = "m", .from = 10'000, .to = 10'399, .width = 100});
  EXPECT_TRUE(zoomed.exact);
  EXPECT_EQ(zoomed.points.size(), 400);
}

TEST_F(MetricsTest, AZoomOnADenseBucketIsExactEvenThoughASummaryWouldDo) {
  // All points of one step: they share a bucket, and fit into the answer.
  std::vector<Point> points = Regular(20'000);
  for (int64_t i = 0; i < 2'500; ++i) points.push_back({static_cast<double>(i), 20'000, 1'000'000 + i});
  Log(points);
  const Curve curve =
      tracking_.metrics.ReadCurve({.run = run_, .metric = "m", .from = 20'000, .width = 1'000});
  EXPECT_TRUE(curve.exact);
  EXPECT_EQ(curve.points.size(), 2'500);
}

/// The definition of a curve, point by point.
std::vector<std::pair<double, double>> NaiveCurve(std::vector<Point> points, int64_t width) {
  std::sort(points.begin(), points.end(), internal::StepsBefore);
  points.erase(std::unique(points.begin(), points.end(), SamePoint), points.end());
  const double from = static_cast<double>(points.front().step);
  const double to = static_cast<double>(points.back().step);
  std::vector<std::vector<Point>> buckets(static_cast<size_t>(width));
  for (const Point& point : points) {
    const double place = (static_cast<double>(point.step) - from) / (to - from) * static_cast<double>(width);
    if (std::isfinite(point.value)) {
      buckets[static_cast<size_t>(std::min(place, static_cast<double>(width - 1)))].push_back(point);
    }
  }
  std::vector<std::pair<double, double>> out;
  for (const auto& bucket : buckets) {
    if (bucket.empty()) continue;
    const auto by_value = [](const Point& a, const Point& b) { return a.value < b.value; };
    const auto min = std::min_element(bucket.begin(), bucket.end(), by_value) - bucket.begin();
    const auto max = std::max_element(bucket.begin(), bucket.end(), by_value) - bucket.begin();
    for (int64_t i = 0; i < static_cast<int64_t>(bucket.size()); ++i) {
      if (i == 0 || i == min || i == max || i + 1 == static_cast<int64_t>(bucket.size())) {
        const Point& point = bucket[static_cast<size_t>(i)];
        out.emplace_back(point.step, point.value);
      }
    }
  }
  return out;
}

TEST_F(MetricsTest, CurvesDoNotDependOnChunks) {
  for (uint64_t seed = 10; seed < 14; ++seed) {
    run_ = NewRunId();
    auto points = seed % 2 == 0 ? Regular(9'000) : Wild(9'000, seed);
    std::mt19937_64 random(seed);
    if (seed == 12) std::shuffle(points.begin(), points.end(), random);
    Log(points);
    for (const int64_t width : {1, 3, 50}) {
      const Curve curve = tracking_.metrics.ReadCurve({.run = run_, .metric = "m", .width = width});
      std::vector<std::pair<double, double>> finite;
      for (const auto& point : curve.points) {
        if (std::isfinite(point.second)) finite.push_back(point);
      }
      EXPECT_EQ(finite, NaiveCurve(points, width)) << "seed " << seed << ", width " << width;
      EXPECT_FALSE(curve.exact);
    }
  }
}

}  // namespace
}  // namespace orrery::tracking
