#include "http/metrics.h"

#include <fmt/format.h>

namespace orrery::http {

void Metrics::Observe(std::string_view method, std::string_view route, int status, double seconds) {
  size_t bucket = 0;
  while (bucket < kBounds.size() && seconds > kBounds.at(bucket)) ++bucket;

  const std::scoped_lock lock(mutex_);
  auto of_route = series_.find(route);
  if (of_route == series_.end()) of_route = series_.try_emplace(std::string(route)).first;
  auto found = of_route->second.find(method);
  if (found == of_route->second.end()) found = of_route->second.try_emplace(std::string(method)).first;
  Series& series = found->second;
  ++series.by_status[status];
  ++series.buckets.at(bucket);
  series.seconds += seconds;
}

void Metrics::Add(std::string name, std::string help, std::string labels, std::function<double()> read,
                  bool counter) {
  const std::scoped_lock lock(mutex_);
  readings_.push_back({std::move(name), std::move(help), std::move(labels), std::move(read), counter});
}

void Metrics::WriteHistogram(std::string& out, const std::string& labels, const Series& series) {
  uint64_t total = 0;
  for (size_t i = 0; i < series.buckets.size(); ++i) {
    total += series.buckets.at(i);
    const std::string bound = i < kBounds.size() ? fmt::format("{}", kBounds.at(i)) : "+Inf";
    out += fmt::format("orrery_http_request_seconds_bucket{{{},le=\"{}\"}} {}\n", labels, bound, total);
  }
  out += fmt::format("orrery_http_request_seconds_sum{{{}}} {}\n", labels, series.seconds);
  out += fmt::format("orrery_http_request_seconds_count{{{}}} {}\n", labels, total);
}

void Metrics::WriteRequests(std::string& out) const {
  const std::scoped_lock lock(mutex_);
  out +=
      "# HELP orrery_http_requests_total Requests answered, by method, route and status.\n"
      "# TYPE orrery_http_requests_total counter\n";
  for (const auto& [route, methods] : series_) {
    for (const auto& [method, series] : methods) {
      for (const auto& [status, count] : series.by_status) {
        out += fmt::format("orrery_http_requests_total{{method=\"{}\",route=\"{}\",status=\"{}\"}} {}\n",
                           method, route, status, count);
      }
    }
  }
  out +=
      "# HELP orrery_http_request_seconds Time from the end of a request's headers to its answer.\n"
      "# TYPE orrery_http_request_seconds histogram\n";
  for (const auto& [route, methods] : series_) {
    for (const auto& [method, series] : methods) {
      WriteHistogram(out, fmt::format("method=\"{}\",route=\"{}\"", method, route), series);
    }
  }
}

void Metrics::WriteReadings(std::string& out) const {
  std::vector<Reading> readings;
  {
    const std::scoped_lock lock(mutex_);
    readings = readings_;  // a reading may take its module's locks: ours must not be held around them
  }
  std::map<std::string_view, std::vector<const Reading*>> by_name;
  for (const Reading& reading : readings) by_name[reading.name].push_back(&reading);
  for (const auto& [name, group] : by_name) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, group.front()->help, name,
                       group.front()->counter ? "counter" : "gauge");
    for (const Reading* reading : group) {
      const std::string labels = reading->labels.empty() ? "" : "{" + reading->labels + "}";
      out += fmt::format("{}{} {}\n", name, labels, reading->read());
    }
  }
}

std::string Metrics::Text() const {
  std::string out;
  const auto gauge = [&](std::string_view name, std::string_view help, std::string_view type, int64_t value) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n{} {}\n", name, help, name, type, name, value);
  };
  gauge("orrery_http_connections", "Open connections.", "gauge", connections.load());
  gauge("orrery_http_in_flight", "Requests being answered.", "gauge", in_flight.load());
  gauge("orrery_http_refused_connections_total", "Connections refused over the limit.", "counter",
        refused_connections.load());
  WriteRequests(out);
  WriteReadings(out);
  return out;
}

}  // namespace orrery::http
