#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::http {

/// What the server counts, and gauges that other modules add; as Prometheus text. Safe to call from any
/// thread.
class Metrics {
 public:
  /// Counts one answered request. `route` is the pattern ("/api/v1/jobs/{id}"), never the path: few values.
  void Observe(std::string_view method, std::string_view route, int status, double seconds);

  /// A gauge (or, with `counter`, a counter) that is read when the text is made. `labels` as in
  /// `queue="default"`, or empty; `name` may repeat with other labels. `read` must be safe from any thread
  /// and outlive this object's use.
  void Add(std::string name, std::string help, std::string labels, std::function<double()> read,
           bool counter = false);

  /// The text exposition format, version 0.0.4.
  std::string Text() const;

  std::atomic<int64_t> connections{0};
  std::atomic<int64_t> in_flight{0};
  std::atomic<int64_t> refused_connections{0};

 private:
  static constexpr std::array<double, 10> kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                     0.05,   0.1,   0.5,    1,     10};
  struct Series {
    std::map<int, uint64_t> by_status;
    std::array<uint64_t, kBounds.size() + 1> buckets{};
    double seconds = 0;
  };
  struct Reading {
    std::string name;
    std::string help;
    std::string labels;
    std::function<double()> read;
    bool counter;
  };

  static void WriteHistogram(std::string& out, const std::string& labels, const Series& series);
  void WriteRequests(std::string& out) const;
  void WriteReadings(std::string& out) const;

  mutable std::mutex mutex_;  // guards series_ and readings_
  /// By route, then method.
  std::map<std::string, std::map<std::string, Series, std::less<>>, std::less<>> series_;
  std::vector<Reading> readings_;
};

}  // namespace orrery::http
