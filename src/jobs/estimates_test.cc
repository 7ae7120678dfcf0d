#include "jobs/estimates.h"

#include <cmath>

#include <gmock/gmock.h>

namespace orrery::jobs {
namespace {

constexpr int64_t kMinute = 60'000'000;

void AddSeveral(Estimates& estimates, const JobKind& kind, int64_t duration_us) {
  for (int i = 0; i < 5; ++i) estimates.Add(kind, duration_us);
}

TEST(EstimatesTest, NothingIsSaidWithoutHistory) {
  EXPECT_EQ(Estimates().Of({"ann", "train", "lab", 1}), std::nullopt);
  EXPECT_EQ(Estimates().Of({"ann", "train", "lab", 1}, kMinute), kMinute);
}

TEST(EstimatesTest, TheMostSpecificHistoryAnswers) {
  Estimates estimates;
  AddSeveral(estimates, {"ann", "train", "lab", 4}, 10 * kMinute);
  AddSeveral(estimates, {"bob", "test", "lab", 1}, kMinute);
  EXPECT_EQ(estimates.Of({"ann", "train", "lab", 8}), 10 * kMinute);       // the same user and name
  EXPECT_EQ(estimates.Of({"cleo", "eval", "lab", 1}), kMinute);            // the same queue and width
  const int64_t all = estimates.Of({"cleo", "eval", "other", 1}).value();  // anything
  EXPECT_GT(all, kMinute);
  EXPECT_LT(all, 10 * kMinute);
}

TEST(EstimatesTest, OneJobIsNoHistory) {
  Estimates estimates;
  AddSeveral(estimates, {"bob", "test", "lab", 1}, kMinute);
  estimates.Add({"ann", "train", "lab", 1}, 100 * kMinute);
  EXPECT_LT(estimates.Of({"ann", "train", "lab", 1}), 50 * kMinute);
}

TEST(EstimatesTest, ATimeoutCapsTheEstimate) {
  Estimates estimates;
  AddSeveral(estimates, {"ann", "train", "lab", 1}, 10 * kMinute);
  EXPECT_EQ(estimates.Of({"ann", "train", "lab", 1}, kMinute), kMinute);
  EXPECT_EQ(estimates.Of({"ann", "train", "lab", 1}, 60 * kMinute), 10 * kMinute);
}

TEST(EstimatesTest, AFreakMovesTheEstimateLessThanTheMean) {
  Estimates estimates;
  for (int i = 0; i < 9; ++i) estimates.Add({"ann", "train", "lab", 1}, kMinute);
  estimates.Add({"ann", "train", "lab", 1}, 1'000 * kMinute);
  EXPECT_LT(estimates.Of({"ann", "train", "lab", 1}), 30 * kMinute);  // the mean is 100.9
}

TEST(EstimatesTest, OldJobsFade) {
  Estimates estimates;
  for (int i = 0; i < 100; ++i) estimates.Add({"ann", "train", "lab", 1}, 100 * kMinute);
  for (int i = 0; i < 1'000; ++i) estimates.Add({"ann", "train", "lab", 1}, kMinute);
  EXPECT_LT(estimates.Of({"ann", "train", "lab", 1}), 2 * kMinute);
}

TEST(EstimatesTest, KindsSeenLongestAgoAreForgotten) {
  Estimates estimates;
  AddSeveral(estimates, {"ann", "train", "first", 1}, 1'000 * kMinute);
  EXPECT_EQ(estimates.Of({"ann", "train", "first", 1}), 1'000 * kMinute);
  for (int i = 0; i < 20'000; ++i) estimates.Add({"bob", std::to_string(i), "lab", 1}, kMinute);
  EXPECT_LT(estimates.Of({"ann", "train", "first", 1}), 2 * kMinute);
}

}  // namespace
}  // namespace orrery::jobs
