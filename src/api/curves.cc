#include "api/curves.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/json_writer.h"

namespace orrery::api {
namespace {

constexpr size_t kMostCurves = 1'000;
constexpr int64_t kMostWidth = 10'000;

/// The answer, for its schema; the text is written without building it.
struct CurveView {
  static constexpr FieldDoc kDocs[] = {
      {"total", "How many points lie in the range."},
      {"exact", "True when every one of them is there."},
      {"points", "[x, value] in the order of x, at most 4 * width; null for a value that is not finite."},
      {"non_finite",
       "[x, \"NaN\" | \"Infinity\" | \"-Infinity\"]: at least the first of each kind in each bucket."},
  };
  std::string run_id;
  std::string metric;
  int64_t total = 0;
  bool exact = true;
  std::vector<std::vector<std::optional<double>>> points;
  std::vector<std::vector<json::value>> non_finite;
};
BOOST_DESCRIBE_STRUCT(CurveView, (), (run_id, metric, total, exact, points, non_finite))

struct CurvesView {
  std::vector<CurveView> curves;
};
BOOST_DESCRIBE_STRUCT(CurvesView, (), (curves))

tracking::CurveX AxisOf(const http::Query& query) {
  const std::string x = query.Get("x", "step");
  if (x == "step") return tracking::CurveX::kStep;
  if (x == "relative") return tracking::CurveX::kRelative;
  if (x == "wall") return tracking::CurveX::kWall;
  throw InvalidField("x", "expected step, relative or wall, got " + Quoted(x));
}

std::optional<double> NumberOf(const http::Query& query, std::string_view name) {
  const auto text = query.Find(name);
  if (!text) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || !std::isfinite(number)) {
    throw InvalidField(name, "expected a finite number, got " + Quoted(*text));
  }
  return number;
}

void WriteX(JsonWriter& out, double x) {
  constexpr double kExact = 9'007'199'254'740'992;
  if (x == std::floor(x) && std::fabs(x) <= kExact) {
    out.Int(static_cast<int64_t>(x));
  } else {
    out.Double(x);
  }
}

void WriteCurve(JsonWriter& out, const tracking::Curve& curve) {
  out.BeginObject();
  out.Key("run_id");
  out.String(curve.run_id);
  out.Key("metric");
  out.String(curve.metric);
  out.Key("total");
  out.Int(curve.total);
  out.Key("exact");
  out.Bool(curve.exact);
  for (const auto& [name, points] :
       {std::pair("points", &curve.points), std::pair("non_finite", &curve.non_finite)}) {
    out.Key(name);
    out.BeginArray();
    for (const auto& [x, value] : *points) {
      out.BeginArray();
      WriteX(out, x);
      if (points == &curve.points && !std::isfinite(value)) {
        out.Null();
      } else {
        out.Double(value);
      }
      out.EndArray();
    }
    out.EndArray();
  }
  out.EndObject();
}

std::string ReadCurves(tracking::Tracking& tracking, const http::Query& query) {
  query.RefuseOthers({"run", "metric", "x", "from", "to", "width"});
  const auto runs = query.All("run");
  const auto metrics = query.All("metric");
  if (runs.empty()) throw InvalidField("run", "name at least one run");
  if (metrics.empty()) throw InvalidField("metric", "name at least one metric");
  if (runs.size() * metrics.size() > kMostCurves) {
    throw InvalidField("metric",
                       "at most 1000 curves at once, got " + std::to_string(runs.size() * metrics.size()));
  }
  tracking::CurveQuery asked{.x = AxisOf(query),
                             .from = NumberOf(query, "from"),
                             .to = NumberOf(query, "to"),
                             .width = query.Integer("width", 1'000, 1, kMostWidth)};
  std::string text;
  JsonWriter out(text);
  out.BeginObject();
  out.Key("curves");
  out.BeginArray();
  for (const std::string& run : runs) {
    asked.run = tracking::RunId::Parse(run);
    for (const std::string& metric : metrics) {
      asked.metric = metric;
      WriteCurve(out, tracking.metrics.ReadCurve(asked));
    }
  }
  out.EndArray();
  out.EndObject();
  return text;
}

}  // namespace

void AddCurveRoute(http::Router& router, tracking::Tracking& tracking) {
  router.Add(
      {.method = http::Method::kGet,
       .pattern = "/api/v1/curves",
       .doc =
           {.id = "readCurves",
            .summary =
                "Read metrics for a chart: of each of `width` buckets along x the first, last, least and "
                "greatest point.",
            .tag = "runs",
            .query =
                {{"run", "A run's id.", true},
                 {"metric", "A metric's key.", true},
                 {"x",
                  "step (default), relative (seconds since the run's start) or wall (ms since the epoch)."},
                 {"from", "The least x."},
                 {"to", "The greatest x."},
                 {"width", "How many buckets, 1 to 10000; 1000 by default."}}},
       .handler =
           [&](http::Request& request) {
             return http::Response::Json(ReadCurves(tracking, request.query()));
           },
       .response_schema = http::SchemaText<CurvesView>});
}

}  // namespace orrery::api
