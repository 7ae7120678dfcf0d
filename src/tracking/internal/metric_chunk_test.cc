#include "tracking/internal/metric_chunk.h"

#include <bit>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tracking/internal/point_order.h"

namespace orrery::tracking::internal {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

void ExpectSame(const std::vector<Point>& got, const std::vector<Point>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) ASSERT_TRUE(SamePoint(got[i], want[i])) << i;
}

void ExpectRoundTrip(const std::vector<Point>& points) {
  std::vector<Point> sealed;
  DecodeChunk(EncodeChunk(points), sealed);
  ExpectSame(sealed, points);
  std::vector<Point> raw;
  DecodeRaw(EncodeRaw(points), raw);
  ExpectSame(raw, points);
}

TEST(MetricChunkTest, KeepsEveryBit) {
  using Limits = std::numeric_limits<double>;
  ExpectRoundTrip({});
  ExpectRoundTrip({{0, 0, 0}});
  ExpectRoundTrip({{-0.0, kLeast, kMost},
                   {std::bit_cast<double>(0x7ff8'0000'dead'beefULL), kMost, kLeast},
                   {std::bit_cast<double>(0xfff0'0000'0000'0001ULL), -1, 1},
                   {Limits::denorm_min(), kLeast, kLeast},
                   {-Limits::infinity(), kMost, kMost},
                   {Limits::max(), 0, 0}});
}

TEST(MetricChunkTest, RandomPointsRoundTrip) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Point> points(random() % 3000);
    const int bits = static_cast<int>(random() % 64);
    for (Point& point : points) {
      point = {std::bit_cast<double>(random() >> bits), static_cast<int64_t>(random() >> bits),
               static_cast<int64_t>(random() << bits)};
    }
    ExpectRoundTrip(points);
  }
}

TEST(MetricChunkTest, ARegularSeriesTakesLittleMoreThanItsValues) {
  std::vector<Point> points;
  for (int64_t i = 0; i < 1024; ++i) points.push_back({0.5, i, 1'700'000'000'000 + 1000 * i});
  EXPECT_LT(EncodeChunk(points).size(), 100);
}

TEST(MetricChunkTest, DamageIsSeen) {
  std::vector<Point> points;
  for (int64_t i = 0; i < 100; ++i) points.push_back({static_cast<double>(i) / 3, i, i * i});
  const std::string good = EncodeChunk(points);
  std::vector<Point> out;
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_THROW(DecodeChunk(std::string_view(good).substr(0, cut), out), Error) << cut;
  }
  EXPECT_THROW(DecodeChunk("\x02" + good.substr(1), out), Error);
  EXPECT_THROW(DecodeRaw("12345", out), Error);
}

TEST(PointOrderTest, IsTotal) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const double sorted[] = {-infinity, -1, -5e-324, -0.0, 0.0, 5e-324, 1, infinity, nan};
  for (size_t i = 0; i < std::size(sorted); ++i) {
    for (size_t j = 0; j < std::size(sorted); ++j) {
      EXPECT_EQ(CompareBySteps({sorted[i], 0, 0}, {sorted[j], 0, 0}), i <=> j)
          << sorted[i] << " " << sorted[j];
    }
  }
  EXPECT_TRUE(StepsBefore({9, 1, 9}, {0, 2, 0}));
  EXPECT_TRUE(TimesBefore({9, 9, 1}, {0, 0, 2}));
}

}  // namespace
}  // namespace orrery::tracking::internal
