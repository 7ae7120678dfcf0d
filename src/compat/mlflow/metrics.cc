#include "tracking/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "compat/mlflow/answers.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/shared_requests.h"
#include "tracking/runs.h"

namespace orrery::compat::mlflow {
namespace {

struct MetricRequest {
  static constexpr std::string_view kRequired[] = {"key", "value", "timestamp"};
  std::string key;
  double value = 0;
  int64_t timestamp = 0;
  int64_t step = 0;
  std::optional<std::string> model_id;
  std::optional<std::string> dataset_name;
  std::optional<std::string> dataset_digest;
};
BOOST_DESCRIBE_STRUCT(MetricRequest, (),
                      (key, value, timestamp, step, model_id, dataset_name, dataset_digest))

struct RunRequest {
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
};
BOOST_DESCRIBE_STRUCT(RunRequest, (), (run_id, run_uuid))

struct BatchRequest {
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
  std::vector<MetricRequest> metrics;
  std::vector<PairRequest> params;
  std::vector<PairRequest> tags;
};
BOOST_DESCRIBE_STRUCT(BatchRequest, (), (run_id, run_uuid, metrics, params, tags))

struct HistoryRequest {
  static constexpr std::string_view kRequired[] = {"metric_key"};
  std::optional<std::string> run_id;
  std::optional<std::string> run_uuid;
  std::string metric_key;
  std::optional<int64_t> max_results;
  std::string page_token;
};
BOOST_DESCRIBE_STRUCT(HistoryRequest, (), (run_id, run_uuid, metric_key, max_results, page_token))

struct BulkRequest {
  std::vector<std::string> run_id;
  std::string metric_key;
  std::optional<int64_t> max_results;
};
BOOST_DESCRIBE_STRUCT(BulkRequest, (), (run_id, metric_key, max_results))

struct IntervalRequest {
  static constexpr std::string_view kRequired[] = {"run_ids", "metric_key"};
  std::vector<std::string> run_ids;
  std::string metric_key;
  std::optional<int64_t> start_step;
  std::optional<int64_t> end_step;
  std::optional<int64_t> max_results;
};
BOOST_DESCRIBE_STRUCT(IntervalRequest, (), (run_ids, metric_key, start_step, end_step, max_results))

constexpr size_t kMostRuns = 100;
constexpr int64_t kMostBulkPoints = 25'000;
constexpr int64_t kMostIntervalPoints = 2'500;

void CheckTimestamp(int64_t timestamp, const Place& place) {
  if (timestamp >= 0) return;
  const std::string path = place.Text();
  throw Error(Code::kInvalidArgument,
              "Invalid value for parameter '" + path + "': milliseconds since the epoch, from 0 up, got " +
                  std::to_string(timestamp),
              path);
}

tracking::Metric ToMetric(MetricRequest&& request) {
  const auto given = [](std::optional<std::string>& text) {
    return text && !text->empty() ? std::move(text) : std::nullopt;
  };
  return {.key = std::move(request.key),
          .value = request.value,
          .step = request.step,
          .timestamp_ms = request.timestamp,
          .model_id = given(request.model_id),
          .dataset_name = given(request.dataset_name),
          .dataset_digest = given(request.dataset_digest)};
}

void CheckNoParamTwice(const std::vector<PairRequest>& params) {
  std::set<std::string_view> seen;
  for (const PairRequest& param : params) {
    if (seen.insert(param.key).second) continue;
    throw InvalidField("params", "Duplicate parameter keys have been submitted: " + Quoted(param.key));
  }
}

/// `field` as MLflow's own texts have it, which clients and their tests look for.
[[noreturn]] void Refuse(std::string_view field, std::string message) {
  throw Error(Code::kInvalidArgument, std::move(message), std::string(field));
}

/// Appends points to a JSON list. A history has a hundred thousand of them: the key and the names around the
/// numbers are written once, and copied.
class PointWriter {
 public:
  PointWriter(std::string& out, std::string_view metric_key, std::string_view run_id = {}) : out_(out) {
    JsonWriter writer(head_);
    writer.BeginObject();
    if (!run_id.empty()) {
      writer.Key("run_id");
      writer.String(run_id);
    }
    writer.Key("key");
    writer.String(metric_key);
    writer.Key("value");
  }

  void Write(const tracking::Point& point, bool first) {
    if (!first) out_ += ',';
    out_ += head_;
    JsonWriter(out_).Double(point.value);
    out_ += ",\"timestamp\":";
    Append(point.timestamp_ms);
    out_ += ",\"step\":";
    Append(point.step);
    out_ += '}';
  }

 private:
  void Append(int64_t value) {
    std::array<char, 24> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out_.append(text.data(), end);
  }

  std::string& out_;
  std::string head_;
};

}  // namespace

http::Response LogMetric(const Services& services, http::Request& request) {
  const Fields fields = ReadFields(request);
  const auto run = RunOf(ReadObject<RunRequest>(fields.object, nullptr, fields.from_query));
  auto asked = ReadObject<MetricRequest>(fields.object, nullptr, fields.from_query);
  CheckTimestamp(asked.timestamp, {nullptr, "timestamp"});
  tracking::Batch batch;
  batch.metrics.push_back(ToMetric(std::move(asked)));
  services.tracking.runs.LogBatch(run, batch);
  return EmptyAnswer();
}

http::Response LogBatch(const Services& services, http::Request& request) {
  auto asked = ReadRequest<BatchRequest>(request);
  const auto run = RunOf(asked);
  CheckNoParamTwice(asked.params);
  tracking::Batch batch;
  batch.metrics.reserve(asked.metrics.size());
  const Place metrics{nullptr, "metrics"};
  for (size_t i = 0; i < asked.metrics.size(); ++i) {
    const Place entry{&metrics, {}, static_cast<int64_t>(i)};
    CheckTimestamp(asked.metrics[i].timestamp, {&entry, "timestamp"});
    batch.metrics.push_back(ToMetric(std::move(asked.metrics[i])));
  }
  batch.params = CutPairs<tracking::Param>(std::move(asked.params), kParamValueLength);
  batch.tags = CutPairs<tracking::Tag>(std::move(asked.tags), kTagValueLength);
  services.tracking.runs.LogBatch(run, batch);
  return EmptyAnswer();
}

http::Response GetHistory(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<HistoryRequest>(request);
  const auto page =
      services.tracking.metrics.History(RunOf(asked), asked.metric_key, asked.max_results, asked.page_token);
  if (page.points.empty()) return EmptyAnswer();
  constexpr size_t kBytesPerPoint = 96;
  std::string body;
  body.reserve(page.points.size() * kBytesPerPoint);
  body = "{\"metrics\":[";
  PointWriter writer(body, asked.metric_key);
  for (size_t i = 0; i < page.points.size(); ++i) writer.Write(page.points[i], i == 0);
  body += ']';
  if (!page.next_page_token.empty()) {
    body += ",\"next_page_token\":";
    JsonWriter(body).String(page.next_page_token);
  }
  body += '}';
  return http::Response::Json(std::move(body));
}

http::Response GetHistoryBulk(const Services& services, http::Request& request) {
  auto asked = ReadRequest<BulkRequest>(request);
  if (asked.run_id.empty())
    Refuse("run_id", "GetMetricHistoryBulk request must specify at least one run_id.");
  if (asked.run_id.size() > kMostRuns) {
    Refuse("run_id", "GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received " +
                         std::to_string(asked.run_id.size()) + " run_ids.");
  }
  if (asked.metric_key.empty())
    Refuse("metric_key", "GetMetricHistoryBulk request must specify a metric_key.");
  const int64_t most = std::clamp(asked.max_results.value_or(kMostBulkPoints), int64_t{0}, kMostBulkPoints);
  std::sort(asked.run_id.begin(), asked.run_id.end());
  std::string body = "{\"metrics\":[";
  int64_t written = 0;
  for (const std::string& run : asked.run_id) {
    if (written == most) break;
    PointWriter writer(body, asked.metric_key, run);
    const auto page =
        services.tracking.metrics.History(tracking::RunId::Parse(run), asked.metric_key, most - written);
    for (const tracking::Point& point : page.points) writer.Write(point, written++ == 0);
  }
  return http::Response::Json(body + "]}");
}

http::Response GetHistoryBulkInterval(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<IntervalRequest>(request);
  if (asked.run_ids.empty()) RefuseMissing({nullptr, "run_ids"});
  if (asked.run_ids.size() > kMostRuns) {
    Refuse("run_ids", "GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received " +
                          std::to_string(asked.run_ids.size()) + " run_ids.");
  }
  const int64_t most = asked.max_results.value_or(kMostIntervalPoints);
  if (most < 1 || most > kMostIntervalPoints) {
    Refuse("max_results", "max_results must be between 1 and 2500, got " + std::to_string(most));
  }
  if (asked.start_step.has_value() != asked.end_step.has_value()) {
    throw InvalidField(asked.start_step ? "end_step" : "start_step",
                       "If either start step or end step are specified, both must be specified.");
  }
  if (asked.start_step && *asked.start_step > *asked.end_step) {
    Refuse("end_step",
           "end_step must be greater than start_step. Found start_step=" + std::to_string(*asked.start_step) +
               " and end_step=" + std::to_string(*asked.end_step) + ".");
  }
  std::string points;
  for (const std::string& run : asked.run_ids) {
    PointWriter writer(points, asked.metric_key, run);
    for (const tracking::Point& point : services.tracking.metrics.Sample(
             tracking::RunId::Parse(run), asked.metric_key, most, asked.start_step, asked.end_step)) {
      writer.Write(point, points.empty());
    }
  }
  return points.empty() ? EmptyAnswer() : http::Response::Json("{\"metrics\":[" + points + "]}");
}

}  // namespace orrery::compat::mlflow
