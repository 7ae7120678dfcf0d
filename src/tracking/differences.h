#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/described.h"
#include "tracking/metrics.h"
#include "tracking/runs.h"

/// What two runs have in common and what not: the proof, or the refutation, of a reproduction.
namespace orrery::tracking {

struct ParamDifference {
  static constexpr FieldDoc kDocs[] = {{"a", "Its value in the first run; absent when it has none."},
                                       {"b", "Its value in the second run; absent when it has none."}};
  std::string key;
  std::optional<std::string> a;
  std::optional<std::string> b;
};
BOOST_DESCRIBE_STRUCT(ParamDifference, (), (key, a, b))

/// One metric in both runs. Two series are identical when each step has the same values to the last bit; when
/// a point was taken does not matter.
struct MetricDifference {
  static constexpr FieldDoc kDocs[] = {
      {"a", "Latest value in the first run; absent when it has no point."},
      {"b", "Latest value in the second run; absent when it has no point."},
      {"points_a", "How many points the first run has."},
      {"points_b", "How many points the second run has."},
      {"identical", "Whether every step has the same values to the last bit."},
      {"first_step", "The least step whose values differ."},
      {"greatest",
       "The greatest distance between finite values of the same step; absent when no step is in both."},
  };
  std::string key;
  std::optional<double> a;
  std::optional<double> b;
  int64_t points_a = 0;
  int64_t points_b = 0;
  bool identical = false;
  std::optional<int64_t> first_step;
  std::optional<double> greatest;
};
BOOST_DESCRIBE_STRUCT(MetricDifference, (), (key, a, b, points_a, points_b, identical, first_step, greatest))

struct RunDifferences {
  static constexpr FieldDoc kDocs[] = {
      {"a", "The first run's id."},
      {"b", "The second run's id."},
      {"params", "The params that differ, by key."},
      {"metrics", "Every metric that either run has, by key."},
  };
  std::string a;
  std::string b;
  std::vector<ParamDifference> params;
  std::vector<MetricDifference> metrics;
};
BOOST_DESCRIBE_STRUCT(RunDifferences, (), (a, b, params, metrics))

/// Compares all points of all metrics, one metric in memory at a time. Errors: not_found (names the run).
RunDifferences CompareRuns(Runs& runs, Metrics& metrics, const RunId& a, const RunId& b);

}  // namespace orrery::tracking
