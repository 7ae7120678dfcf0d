#include "tracking/traces.h"

#include <charconv>
#include <cmath>
#include <map>

#include "compat/mlflow/answers.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/otlp.h"
#include "compat/mlflow/shared_requests.h"
#include "tracking/experiments.h"

/// Traces of applications: what tracing and the automatic logging of libraries send.
namespace orrery::compat::mlflow {
namespace {

enum class LocationType { kTraceLocationTypeUnspecified, kMlflowExperiment, kInferenceTable };
BOOST_DESCRIBE_ENUM(LocationType, kTraceLocationTypeUnspecified, kMlflowExperiment, kInferenceTable)

struct ExperimentLocation {
  static constexpr std::string_view kRequired[] = {"experiment_id"};
  std::string experiment_id;
};
BOOST_DESCRIBE_STRUCT(ExperimentLocation, (), (experiment_id))

struct Location {
  std::optional<ExperimentLocation> mlflow_experiment;
};
BOOST_DESCRIBE_STRUCT(Location, (), (mlflow_experiment))

/// The states by name alone: their numbers do not count from 1 as those of other enums of this wire.
struct InfoRequest {
  static constexpr std::string_view kRequired[] = {"trace_id", "trace_location"};
  std::string trace_id;
  std::string client_request_id;
  Location trace_location;
  std::optional<std::string> request_preview;
  std::optional<std::string> response_preview;
  std::string request_time;
  std::string execution_duration;
  std::string state;
  std::map<std::string, std::string> trace_metadata;
  std::map<std::string, std::string> tags;
};
BOOST_DESCRIBE_STRUCT(InfoRequest, (),
                      (trace_id, client_request_id, trace_location, request_preview, response_preview,
                       request_time, execution_duration, state, trace_metadata, tags))

struct TraceRequest {
  static constexpr std::string_view kRequired[] = {"trace_info"};
  InfoRequest trace_info;
};
BOOST_DESCRIBE_STRUCT(TraceRequest, (), (trace_info))

struct StartRequest {
  static constexpr std::string_view kRequired[] = {"trace"};
  TraceRequest trace;
};
BOOST_DESCRIBE_STRUCT(StartRequest, (), (trace))

struct OneRequest {
  static constexpr std::string_view kRequired[] = {"trace_id"};
  std::string trace_id;
  bool allow_partial = false;
};
BOOST_DESCRIBE_STRUCT(OneRequest, (), (trace_id, allow_partial))

struct ManyRequest {
  static constexpr std::string_view kRequired[] = {"trace_ids"};
  std::vector<std::string> trace_ids;
};
BOOST_DESCRIBE_STRUCT(ManyRequest, (), (trace_ids))

struct SearchRequest {
  static constexpr std::string_view kRequired[] = {"locations"};
  std::vector<Location> locations;
  std::string filter;
  int64_t max_results = 100;
  std::vector<std::string> order_by;
  std::string page_token;
};
BOOST_DESCRIBE_STRUCT(SearchRequest, (), (locations, filter, max_results, order_by, page_token))

struct TagRequest {
  static constexpr std::string_view kRequired[] = {"key"};
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(TagRequest, (), (key, value))

struct DeleteRequest {
  static constexpr std::string_view kRequired[] = {"experiment_id"};
  std::string experiment_id;
  std::optional<int64_t> max_timestamp_millis;
  std::optional<int64_t> max_traces;
  std::vector<std::string> request_ids;
};
BOOST_DESCRIBE_STRUCT(DeleteRequest, (), (experiment_id, max_timestamp_millis, max_traces, request_ids))

struct LinkRequest {
  static constexpr std::string_view kRequired[] = {"trace_ids", "run_id"};
  std::vector<std::string> trace_ids;
  std::string run_id;
};
BOOST_DESCRIBE_STRUCT(LinkRequest, (), (trace_ids, run_id))

/// "1.5s". Errors: invalid_argument.
int64_t Milliseconds(const std::string& text) {
  constexpr double kMost = 1e12;
  double seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, fault] = std::from_chars(text.data(), end, seconds);
  if (fault != std::errc() || stopped + 1 != end || *stopped != 's' || !(std::abs(seconds) < kMost)) {
    throw InvalidField("execution_duration", "expected seconds such as \"1.5s\", got " + Quoted(text));
  }
  return std::llround(seconds * 1e3);
}

tracking::TraceState StateOf(const std::string& text) {
  if (text.empty()) return tracking::TraceState::kStateUnspecified;
  const auto state = EnumFromName<tracking::TraceState>(text);
  if (!state)
    throw InvalidField("state", "expected " + EnumChoices<tracking::TraceState>() + ", got " + Quoted(text));
  return *state;
}

std::vector<tracking::Tag> PairsOf(std::map<std::string, std::string> map) {
  std::vector<tracking::Tag> out;
  for (auto& [key, value] : map) out.push_back({key, CutCharacters(std::move(value), kTagValueLength)});
  return out;
}

int64_t ExperimentOf(const Location& location) {
  if (!location.mlflow_experiment) {
    throw InvalidField("trace_location", "expected {\"mlflow_experiment\": {\"experiment_id\": ...}}");
  }
  return tracking::ParseExperimentId(location.mlflow_experiment->experiment_id);
}

void WritePairs(JsonWriter& out, std::string_view name, const std::vector<tracking::Tag>& pairs) {
  if (pairs.empty()) return;
  out.Key(name);
  out.BeginObject();
  for (const tracking::Tag& pair : pairs) {
    out.Key(pair.key);
    out.String(pair.value);
  }
  out.EndObject();
}

std::string DurationText(int64_t millis) {
  std::string fraction = std::to_string(std::abs(millis % 1'000));
  fraction.insert(0, 3 - fraction.size(), '0');
  return (millis < 0 ? "-" : "") + std::to_string(std::abs(millis / 1'000)) + "." + fraction + "s";
}

void WriteInfo(JsonWriter& out, const tracking::Trace& trace) {
  out.BeginObject();
  const auto text = [&](std::string_view name, const std::string& value) {
    out.Key(name);
    out.String(value);
  };
  text("trace_id", trace.id.text());
  if (!trace.client_request_id.empty()) text("client_request_id", trace.client_request_id);
  out.Key("trace_location");
  out.BeginObject();
  text("type", EnumName(LocationType::kMlflowExperiment));
  out.Key("mlflow_experiment");
  out.BeginObject();
  text("experiment_id", std::to_string(trace.experiment_id));
  out.EndObject();
  out.EndObject();
  if (trace.request_preview) text("request_preview", *trace.request_preview);
  if (trace.response_preview) text("response_preview", *trace.response_preview);
  text("request_time", FormatInstant(FromMillis(trace.start_ms)));
  if (trace.duration_ms) text("execution_duration", DurationText(*trace.duration_ms));
  text("state", EnumName(trace.state));
  WritePairs(out, "trace_metadata", trace.metadata);
  WritePairs(out, "tags", trace.tags);
  out.EndObject();
}

void WriteTrace(JsonWriter& out, const tracking::TraceWithSpans& found) {
  out.BeginObject();
  out.Key("trace_info");
  WriteInfo(out, found.trace);
  if (!found.spans.empty()) {
    out.Key("spans");
    out.BeginArray();
    for (const std::string& span : found.spans) out.Raw(span);
    out.EndArray();
  }
  out.EndObject();
}

http::Response AnswerTrace(const tracking::TraceWithSpans& found) {
  return Answer("trace", [&](JsonWriter& out) { WriteTrace(out, found); });
}

tracking::TraceId TraceOf(const http::Request& request) {
  return tracking::TraceId::Parse(request.path("trace_id"));
}

}  // namespace

http::Response StartTrace(const Services& services, http::Request& request) {
  InfoRequest asked = ReadRequest<StartRequest>(request).trace.trace_info;
  tracking::Trace trace{
      .id = tracking::TraceId::Parse(asked.trace_id),
      .experiment_id = ExperimentOf(asked.trace_location),
      .client_request_id = std::move(asked.client_request_id),
      .start_ms = asked.request_time.empty() ? 0 : ToMillis(ParseInstant(asked.request_time)),
      .state = StateOf(asked.state),
      .request_preview = std::move(asked.request_preview),
      .response_preview = std::move(asked.response_preview),
      .metadata = PairsOf(std::move(asked.trace_metadata)),
      .tags = PairsOf(std::move(asked.tags))};
  if (!asked.execution_duration.empty()) trace.duration_ms = Milliseconds(asked.execution_duration);
  return AnswerTrace({.trace = services.tracking.traces.Record(trace), .spans = {}});
}

http::Response GetTraceInfo(const Services& services, http::Request& request) {
  return AnswerTrace({.trace = services.tracking.traces.Get(TraceOf(request)), .spans = {}});
}

http::Response GetTrace(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<OneRequest>(request);
  const auto id = tracking::TraceId::Parse(asked.trace_id);
  const auto found = services.tracking.traces.GetWithSpans(id);
  if (!found.complete && !asked.allow_partial) {
    throw Error(Code::kNotFound,
                "Trace with ID " + id.text() + " is not fully exported yet, please try again later.",
                "trace_id");
  }
  return AnswerTrace(found);
}

http::Response GetTraces(const Services& services, http::Request& request) {
  const auto found = services.tracking.traces.Find(ReadRequest<ManyRequest>(request).trace_ids, true);
  return AnswerPage("traces", found, {}, WriteTrace);
}

http::Response GetTraceInfos(const Services& services, http::Request& request) {
  const auto found = services.tracking.traces.Find(ReadRequest<ManyRequest>(request).trace_ids, false);
  return AnswerPage("trace_infos", found, {},
                    [](JsonWriter& out, const tracking::TraceWithSpans& one) { WriteInfo(out, one.trace); });
}

http::Response SearchTraces(const Services& services, http::Request& request) {
  constexpr int64_t kMostResults = 500;
  auto asked = ReadRequest<SearchRequest>(request);
  if (asked.max_results > kMostResults) {
    throw Error(Code::kInvalidArgument,
                "Invalid value " + std::to_string(asked.max_results) +
                    " for parameter 'max_results' supplied: expected 1 to 500",
                "max_results");
  }
  tracking::TraceQuery query{.experiment_ids = {},
                             .filter = std::move(asked.filter),
                             .order_by = std::move(asked.order_by),
                             .limit = asked.max_results,
                             .page_token = std::move(asked.page_token)};
  for (const Location& location : asked.locations) query.experiment_ids.push_back(ExperimentOf(location));
  const auto page = services.tracking.traces.Search(query);
  return AnswerPage("traces", page.traces, page.next_page_token, WriteInfo);
}

http::Response SetTraceTag(const Services& services, http::Request& request) {
  auto asked = ReadRequest<TagRequest>(request);
  services.tracking.traces.SetTag(
      TraceOf(request), {std::move(asked.key), CutCharacters(std::move(asked.value), kTagValueLength)});
  return EmptyAnswer();
}

http::Response DeleteTraceTag(const Services& services, http::Request& request) {
  services.tracking.traces.DeleteTag(TraceOf(request), ReadRequest<TagRequest>(request).key);
  return EmptyAnswer();
}

http::Response DeleteTraces(const Services& services, http::Request& request) {
  auto asked = ReadRequest<DeleteRequest>(request);
  const auto refuse = [](const char* field, const char* text) {
    throw Error(Code::kInvalidArgument, text, field);
  };
  if (!asked.max_timestamp_millis && asked.request_ids.empty()) {
    refuse("request_ids", "Either `max_timestamp_millis` or `trace_ids` must be specified.");
  }
  if (asked.max_timestamp_millis && !asked.request_ids.empty()) {
    refuse("request_ids", "Only one of `max_timestamp_millis` and `trace_ids` can be specified.");
  }
  if (asked.max_traces && !asked.request_ids.empty()) {
    refuse("max_traces", "`max_traces` can't be specified if `trace_ids` is specified.");
  }
  if (asked.max_traces && *asked.max_traces <= 0)
    refuse("max_traces", "`max_traces` must be a positive integer.");
  const auto gone =
      services.tracking.traces.Delete({.experiment_id = tracking::ParseExperimentId(asked.experiment_id),
                                       .ids = std::move(asked.request_ids),
                                       .until_ms = asked.max_timestamp_millis,
                                       .most = asked.max_traces});
  for (const tracking::TraceId& id : gone) {
    services.artifacts.Delete({tracking::ArtifactRoot::kTrace, id.text()}, std::nullopt);
  }
  return Answer("traces_deleted", [&](JsonWriter& out) { out.Int(static_cast<int64_t>(gone.size())); });
}

http::Response LinkTracesToRun(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<LinkRequest>(request);
  services.tracking.traces.LinkToRun(asked.trace_ids, tracking::RunId::Parse(asked.run_id));
  return EmptyAnswer();
}

http::Response ExportSpans(const Services& services, http::Request& request) {
  const http::Headers& headers = request.headers();
  const std::string_view type = headers.Get("Content-Type");
  if (type.substr(0, type.find(';')) != "application/x-protobuf") {
    throw Error(
        Code::kInvalidArgument,
        "Content-Type: spans are taken as application/x-protobuf (set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL to "
        "http/protobuf)");
  }
  const std::string_view encoding = headers.Get("Content-Encoding");
  if (!encoding.empty() && encoding != "identity") {
    throw Error(
        Code::kInvalidArgument,
        "Content-Encoding: spans are taken uncompressed (set OTEL_EXPORTER_OTLP_TRACES_COMPRESSION to none)");
  }
  const std::string experiment(headers.Get("X-Mlflow-Experiment-Id"));
  if (experiment.empty()) RefuseMissing({nullptr, "x-mlflow-experiment-id"});
  const std::string_view run = headers.Get("X-Mlflow-Run-Id");
  services.tracking.traces.AddSpans(tracking::ParseExperimentId(experiment), ReadOtlpSpans(request.body()),
                                    run.empty() ? std::nullopt : std::optional(tracking::RunId::Parse(run)));
  // An ExportTraceServiceResponse in which nothing was rejected has no bytes.
  return http::Response::Text("", "application/x-protobuf");
}

}  // namespace orrery::compat::mlflow
