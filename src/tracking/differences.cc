#include "tracking/differences.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace orrery::tracking {
namespace {

/// A series by (step, bits of the value): however two runs were timed, equal ones come out in the same order.
std::vector<Point> ByStep(Metrics& metrics, const RunId& run, const std::string& key) {
  std::vector<Point> points = metrics.History(run, key).points;
  const auto rank = [](const Point& point) {
    return std::tuple(point.step, std::bit_cast<uint64_t>(point.value));
  };
  std::sort(points.begin(), points.end(),
            [&](const Point& left, const Point& right) { return rank(left) < rank(right); });
  return points;
}

bool SameValue(const Point& a, const Point& b) {
  return a.step == b.step && std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value);
}

/// The least step whose values differ.
std::optional<int64_t> FirstDifference(const std::vector<Point>& a, const std::vector<Point>& b) {
  const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), SameValue);
  if (left == a.end() && right == b.end()) return std::nullopt;
  if (left == a.end()) return right->step;
  if (right == b.end()) return left->step;
  return std::min(left->step, right->step);
}

/// Walks both in step order; where a step has several values, the n-th is held against the n-th.
std::optional<double> GreatestDistance(const std::vector<Point>& a, const std::vector<Point>& b) {
  std::optional<double> greatest;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].step < b[j].step) {
      ++i;
    } else if (b[j].step < a[i].step) {
      ++j;
    } else {
      const double distance = std::fabs(a[i++].value - b[j++].value);
      if (std::isfinite(distance)) greatest = std::max(greatest.value_or(0), distance);
    }
  }
  return greatest;
}

std::vector<ParamDifference> CompareParams(const Run& a, const Run& b) {
  std::map<std::string, ParamDifference> all;
  for (const Param& param : a.params) all[param.key].a = param.value;
  for (const Param& param : b.params) all[param.key].b = param.value;
  std::vector<ParamDifference> differing;
  for (auto& [key, difference] : all) {
    if (difference.a == difference.b) continue;
    difference.key = key;
    differing.push_back(std::move(difference));
  }
  return differing;
}

}  // namespace

RunDifferences CompareRuns(Runs& runs, Metrics& metrics, const RunId& a, const RunId& b) {
  const Run first = runs.Get(a);
  const Run second = runs.Get(b);
  std::map<std::string, MetricDifference> all;
  for (const MetricSummary& metric : first.metrics) all[metric.key].a = metric.value;
  for (const MetricSummary& metric : second.metrics) all[metric.key].b = metric.value;
  RunDifferences out{.a = a.text(), .b = b.text(), .params = CompareParams(first, second), .metrics = {}};
  for (auto& [key, difference] : all) {
    const std::vector<Point> left = ByStep(metrics, a, key);
    const std::vector<Point> right = ByStep(metrics, b, key);
    difference.key = key;
    difference.points_a = static_cast<int64_t>(left.size());
    difference.points_b = static_cast<int64_t>(right.size());
    difference.first_step = FirstDifference(left, right);
    difference.identical = !difference.first_step;
    difference.greatest = GreatestDistance(left, right);
    out.metrics.push_back(std::move(difference));
  }
  return out;
}

}  // namespace orrery::tracking
