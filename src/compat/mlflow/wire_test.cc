#include "compat/mlflow/wire.h"

#include <cmath>

#include <boost/describe/class.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::compat::mlflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

enum class Color { kRed, kDarkBlue };
BOOST_DESCRIBE_ENUM(Color, kRed, kDarkBlue)

struct Inner {
  static constexpr std::string_view kRequired[] = {"key"};
  std::string key;
  double value = 0;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (key, value))

struct Outer {
  static constexpr std::string_view kRequired[] = {"run_id"};
  std::string run_id;
  int64_t max_results = 7;
  bool all_of_it = false;
  Color color = Color::kRed;
  std::optional<int64_t> end_time;
  std::vector<std::string> order_by;
  std::vector<Inner> metrics;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (run_id, max_results, all_of_it, color, end_time, order_by, metrics))

Outer Read(std::string_view body) {
  return ReadObject<Outer>(ReadBody(body).object, nullptr, false);
}

Outer Query(std::string_view target) {
  return ReadRequest<Outer>(http::Request(http::Method::kGet, target));
}

std::string Refusal(std::string_view body) {
  try {
    Read(body);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalidArgument);
    return error.what();
  }
  return "accepted";
}

TEST(WireTest, ReadsBothSpellingsAndIgnoresWhatItDoesNotKnow) {
  EXPECT_EQ(Read(R"({"run_id":"r","max_results":3})").max_results, 3);
  EXPECT_EQ(Read(R"({"runId":"r","maxResults":3,"allOfIt":true,"more":[1]})").max_results, 3);
  EXPECT_TRUE(Read(R"({"runId":"r","allOfIt":true})").all_of_it);
  EXPECT_EQ(Read(R"({"run_id":"r","max_results":null,"end_time":null})").max_results, 7);
  EXPECT_EQ(Read(R"({"run_id":"r","max_Results":3,"maxresults":4})").max_results, 7);
}

TEST(WireTest, NumbersMayBeTextAndTextMayNotBeNumbers) {
  EXPECT_EQ(Read(R"({"run_id":"r","max_results":"12"})").max_results, 12);
  EXPECT_EQ(Read(R"({"run_id":"r","max_results":1e3})").max_results, 1000);
  EXPECT_EQ(Read(R"({"run_id":"r","end_time":"9223372036854775807"})").end_time, INT64_MAX);
  EXPECT_EQ(Read(R"({"run_id":"r","end_time":-9223372036854775808})").end_time, INT64_MIN);
  for (const char* value : {"9223372036854775808", "-9223372036854775809", "1.5", "\"1.5\"", "\"\"", "\" 1\"",
                            "true", "[]", "{}", "1e19", "NaN", "\"NaN\""}) {
    EXPECT_THAT(Refusal(std::string(R"({"run_id":"r","max_results":)") + value + "}"),
                HasSubstr("max_results"))
        << value;
  }
  EXPECT_THAT(Refusal(R"({"run_id":5})"), HasSubstr("run_id"));
  EXPECT_THAT(Refusal(R"({"run_id":"a\u0000b"})"), HasSubstr("NUL"));
}

TEST(WireTest, MetricValuesMayBeNonFinite) {
  const auto value = [](const char* text) {
    return Read(std::string(R"({"run_id":"r","metrics":[{"key":"k","value":)") + text + "}]}")
        .metrics[0]
        .value;
  };
  for (const char* text : {"NaN", "\"NaN\""}) EXPECT_TRUE(std::isnan(value(text))) << text;
  for (const char* text : {"Infinity", "\"Infinity\""}) EXPECT_EQ(value(text), INFINITY) << text;
  for (const char* text : {"-Infinity", "\"-Infinity\""}) EXPECT_EQ(value(text), -INFINITY) << text;
  EXPECT_EQ(value("\"0.25\""), 0.25);
  EXPECT_EQ(value("9007199254740993"), 9007199254740992.0);
  EXPECT_TRUE(std::signbit(value("-0.0")));
  for (const char* text : {"1e400", "\"1e400\"", "\"many\"", "[1]", "{\"a\":1}", "true", "\"inf\""}) {
    EXPECT_NE(Refusal(std::string(R"({"run_id":"r","metrics":[{"key":"k","value":)") + text + "}]}"),
              "accepted")
        << text;
  }
  EXPECT_EQ(Read(R"({"run_id":"NaN, Infinity","max_results":2})").run_id, "NaN, Infinity");
  EXPECT_THAT(Refusal(R"({"run_id":NaN})"), HasSubstr("run_id"));
}

TEST(WireTest, AnUnknownEnumNameLeavesTheDefault) {
  EXPECT_EQ(Read(R"({"run_id":"r","color":"DARK_BLUE"})").color, Color::kDarkBlue);
  EXPECT_EQ(Read(R"({"run_id":"r","color":2})").color, Color::kDarkBlue);
  EXPECT_EQ(Read(R"({"run_id":"r","color":"2"})").color, Color::kDarkBlue);
  EXPECT_EQ(Read(R"({"run_id":"r","color":"NOPE"})").color, Color::kRed);
  EXPECT_EQ(Read(R"({"run_id":"r","color":9})").color, Color::kRed);
}

TEST(WireTest, SaysWhichFieldIsMissingOrWrong) {
  EXPECT_THAT(Refusal("{}"), HasSubstr("'run_id'"));
  EXPECT_THAT(Refusal(R"({"run_id":""})"), HasSubstr("'run_id'"));
  EXPECT_THAT(Refusal(""), HasSubstr("'run_id'"));
  EXPECT_THAT(Refusal(R"({"run_id":"r","metrics":[{"key":"a"},{"value":1}]})"),
              HasSubstr("'metrics[1].key'"));
  EXPECT_THAT(Refusal(R"({"run_id":"r","metrics":[[]]})"), HasSubstr("metrics[0]"));
  EXPECT_THAT(Refusal(R"({"run_id":"r","order_by":"a"})"), HasSubstr("order_by"));
}

TEST(WireTest, AFieldMayNotBeGivenTwice) {
  EXPECT_THAT(Refusal(R"({"run_id":"a","runId":"b"})"), HasSubstr("both 'run_id' and 'runId'"));
  EXPECT_THAT(Refusal(R"({"run_id":"a","run_id":"b"})"), HasSubstr("twice"));
}

TEST(WireTest, TheBodyMustBeAnObjectOrATextOfOne) {
  EXPECT_EQ(Read(R"("{\"run_id\":\"r\"}")").run_id, "r");
  for (const char* body : {"[]", "5", "null", "\"text\"", "true", "{", "not json", "\"\\\"{}\\\"\"", "{}x"}) {
    EXPECT_NE(Refusal(body), "accepted") << body;
  }
  EXPECT_NE(Refusal(std::string(20'000, '[')), "accepted");
}

TEST(WireTest, ReadsQueries) {
  const Outer asked = Query("/x?run_id=r&max_results=3&all_of_it=TRUE&order_by=a%20b&order_by=c");
  EXPECT_EQ(asked.max_results, 3);
  EXPECT_TRUE(asked.all_of_it);
  EXPECT_THAT(asked.order_by, ElementsAre("a b", "c"));
  EXPECT_THAT(Query("/x?runId=r&order_by=only").order_by, ElementsAre("only"));
  EXPECT_THROW(Query("/x?run_id=r&all_of_it=yes"), Error);
  EXPECT_THROW(Query("/x?run_id=a&run_id=b"), Error);
  EXPECT_THROW(Query("/x?run_id=a&runId=b"), Error);
}

TEST(WireTest, BodiesAreDeclaredAsJsonAndStandAlone) {
  const auto code = [](std::string_view target, std::optional<std::string> type) {
    http::Request request(http::Method::kPost, target, R"({"run_id":"r"})");
    if (type) request.headers().Set("Content-Type", *type);
    try {
      ReadRequest<Outer>(request);
    } catch (const Error& error) {
      return CodeName(error.code());
    }
    return std::string_view("ok");
  };
  EXPECT_EQ(code("/x", "application/json"), "ok");
  EXPECT_EQ(code("/x", "Application/JSON; charset=utf-8"), "ok");
  EXPECT_EQ(code("/x", std::nullopt), "invalid_argument");
  EXPECT_EQ(code("/x", "text/plain"), "invalid_argument");
  EXPECT_EQ(code("/x", "application/jsonx"), "invalid_argument");
  EXPECT_EQ(code("/x?run_id=other", "application/json"), "invalid_argument");
}

}  // namespace
}  // namespace orrery::compat::mlflow
