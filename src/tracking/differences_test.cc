#include "tracking/differences.h"

#include <cmath>

#include "tracking/internal/test_tracking.h"

namespace orrery::tracking {
namespace {

class DifferencesTest : public TrackingTest {
 protected:
  void Log(const RunId& run, const std::string& key, const std::vector<std::pair<int64_t, double>>& points,
           int64_t at_ms = 1'000) {
    Batch batch;
    for (const auto& [step, value] : points) batch.metrics.push_back({key, value, step, at_ms++});
    tracking_.runs.LogBatch(run, batch);
  }
  MetricDifference Compare(const std::string& key) {
    for (const MetricDifference& metric : All().metrics) {
      if (metric.key == key) return metric;
    }
    ADD_FAILURE() << "no metric " << key;
    return {};
  }
  RunDifferences All() { return CompareRuns(tracking_.runs, tracking_.metrics, a_, b_); }

  const RunId a_ = NewRunId();
  const RunId b_ = NewRunId();
};

TEST_F(DifferencesTest, EqualValuesAreIdenticalWheneverTheyWereTaken) {
  Log(a_, "loss", {{0, 0.5}, {1, 0.25}, {1, 0.75}}, 1'000);
  Log(b_, "loss", {{1, 0.75}, {1, 0.25}, {0, 0.5}}, 9'000'000);
  const auto loss = Compare("loss");
  EXPECT_TRUE(loss.identical);
  EXPECT_EQ(loss.first_step, std::nullopt);
  EXPECT_EQ(loss.greatest, 0.0);
  EXPECT_EQ(loss.points_a, 3);
  EXPECT_EQ(loss.points_b, 3);
}

TEST_F(DifferencesTest, OneBitDiffers) {
  Log(a_, "loss", {{0, 0.5}, {1, 0.25}, {2, 1}});
  Log(b_, "loss", {{0, 0.5}, {1, std::nextafter(0.25, 1)}, {2, 1}});
  const auto loss = Compare("loss");
  EXPECT_FALSE(loss.identical);
  EXPECT_EQ(loss.first_step, 1);
  EXPECT_EQ(loss.greatest, std::nextafter(0.25, 1) - 0.25);
  EXPECT_EQ(loss.a, 1.0) << "the latest ones agree all the same";
  EXPECT_EQ(loss.b, 1.0);
}

TEST_F(DifferencesTest, MissingStepsAndSeriesDiffer) {
  Log(a_, "loss", {{0, 1}, {1, 2}, {2, 3}});
  Log(b_, "loss", {{0, 1}, {2, 5}});
  Log(a_, "only_a", {{4, 1}});
  EXPECT_EQ(Compare("loss").first_step, 1);
  EXPECT_EQ(Compare("loss").greatest, 2.0);
  const auto only = Compare("only_a");
  EXPECT_FALSE(only.identical);
  EXPECT_EQ(only.a, 1.0);
  EXPECT_EQ(only.b, std::nullopt);
  EXPECT_EQ(only.first_step, 4);
  EXPECT_EQ(only.greatest, std::nullopt);
}

TEST_F(DifferencesTest, NotANumberEqualsItselfAndZeroesHaveSigns) {
  Log(a_, "nan", {{0, std::nan("")}});
  Log(b_, "nan", {{0, std::nan("")}});
  Log(a_, "zero", {{0, 0.0}});
  Log(b_, "zero", {{0, -0.0}});
  EXPECT_TRUE(Compare("nan").identical);
  EXPECT_EQ(Compare("nan").greatest, std::nullopt);
  EXPECT_FALSE(Compare("zero").identical);
}

TEST_F(DifferencesTest, ParamsThatDifferAreNamed) {
  tracking_.runs.LogBatch(a_, {.params = {{"lr", "0.1"}, {"seed", "7"}}});
  tracking_.runs.LogBatch(b_, {.params = {{"lr", "0.2"}, {"seed", "7"}, {"depth", "3"}}});
  const auto params = All().params;
  ASSERT_EQ(params.size(), 2u);
  EXPECT_EQ(params[0].key, "depth");
  EXPECT_EQ(params[0].a, std::nullopt);
  EXPECT_EQ(params[1].key, "lr");
  EXPECT_EQ(params[1].b, "0.2");
}

TEST_F(DifferencesTest, AnUnknownRunIsNamed) {
  try {
    CompareRuns(tracking_.runs, tracking_.metrics, a_, RunId::Parse("none"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kNotFound);
    EXPECT_NE(std::string(error.what()).find("none"), std::string::npos);
  }
}

}  // namespace
}  // namespace orrery::tracking
