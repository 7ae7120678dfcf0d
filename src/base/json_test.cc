#include "base/json.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <boost/describe.hpp>
#include <gmock/gmock.h>

namespace orrery {
namespace {

enum class Color { kRed, kDarkBlue };
BOOST_DESCRIBE_ENUM(Color, kRed, kDarkBlue)

struct Inner {
  int32_t count = 7;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (count))

struct Outer {
  static constexpr std::string_view kRequired[] = {"name"};
  std::string name;
  double ratio = 0.5;
  std::optional<Instant> at;
  Color color = Color::kRed;
  std::vector<Inner> inner;
  std::map<std::string, std::string> tags;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (name, ratio, at, color, inner, tags))

std::string FieldOf(std::string_view text) {
  try {
    FromJson<Outer>(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalidArgument);
    return error.field();
  }
  return "accepted";
}

TEST(Json, RoundTripKeepsEveryMember) {
  Outer outer{"a\"\n\x01",      1,          ParseInstant("2013-01-01T05:15:00.25Z"),
              Color::kDarkBlue, {{1}, {2}}, {{"k", "v"}}};
  const std::string text = ToJson(outer);
  EXPECT_EQ(text,
            "{\"name\":\"a\\\"\\n\\u0001\",\"ratio\":1.0,\"at\":\"2013-01-01T05:15:00.250000Z\",\"color\":"
            "\"DARK_BLUE\","
            "\"inner\":[{\"count\":1},{\"count\":2}],\"tags\":{\"k\":\"v\"}}");
  EXPECT_EQ(ToJson(FromJson<Outer>(text)), text);
}

TEST(Json, AbsentFieldsKeepTheirDefaults) {
  const Outer outer = FromJson<Outer>(R"({"name":"n","inner":[{}]})");
  EXPECT_EQ(outer.ratio, 0.5);
  EXPECT_EQ(outer.inner.at(0).count, 7);
  EXPECT_EQ(outer.at, std::nullopt);
}

TEST(Json, FaultsNameTheField) {
  EXPECT_EQ(FieldOf(R"({})"), "name");
  EXPECT_EQ(FieldOf(R"({"name":1})"), "name");
  EXPECT_EQ(FieldOf(R"({"name":"n","ratio":"1"})"), "ratio");
  EXPECT_EQ(FieldOf(R"({"name":"n","at":"yesterday"})"), "at");
  EXPECT_EQ(FieldOf(R"({"name":"n","color":"GREEN"})"), "color");
  EXPECT_EQ(FieldOf(R"({"name":"n","inner":[{},{"count":3000000000}]})"), "inner[1].count");
  EXPECT_EQ(FieldOf(R"({"name":"n","tags":{"a":1}})"), "tags.a");
  EXPECT_EQ(FieldOf(R"({"name":"n","nmae":1})"), "nmae");
  EXPECT_EQ(FieldOf(R"({"name":"n","name":"m"})"), "name");
  EXPECT_EQ(FieldOf("{\"name\":\"n\\u0000\"}"), "name");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const std::string& text : {std::string(""), std::string("{"), std::string("[1,]"), std::string("NaN"),
                                  std::string("{} x"), std::string("\"\xff\""), std::string(20'000, '[')}) {
    EXPECT_THROW(ParseJson(text), Error) << text.substr(0, 10);
  }
}

TEST(Json, DepthLimitAtItsEdge) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(ParseJson(nested(kJsonMaxDepth)));
  EXPECT_THROW(ParseJson(nested(kJsonMaxDepth + 1)), Error);
}

TEST(Json, DoublesReadBackBitForBit) {
  for (const double value : {0.1, 1e300, -0.0, 5e-324, 123456789.0, std::numeric_limits<double>::max()}) {
    const std::string text = ToJson(value);
    EXPECT_EQ(std::signbit(ReadJson<double>(ParseJson(text))), std::signbit(value));
    EXPECT_EQ(ReadJson<double>(ParseJson(text)), value) << text;
  }
  EXPECT_EQ(ToJson(std::numeric_limits<double>::quiet_NaN()), "\"NaN\"");
  EXPECT_EQ(ToJson(-std::numeric_limits<double>::infinity()), "\"-Infinity\"");
}

TEST(Json, AnyDoubleReadsBackBitForBit) {
  std::mt19937_64 bits(1);
  for (int i = 0; i < 100'000; ++i) {
    const double value = std::bit_cast<double>(bits());
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(ReadJson<double>(ParseJson(ToJson(value))), value) << ToJson(value);
  }
}

TEST(Json, NumbersBeyondADoubleAreRefused) {
  for (const char* text : {"1e999", "[-1e999]", "{\"loss\":1.8e308}"}) {
    EXPECT_THROW(ParseJson(text), Error) << text;
  }
  EXPECT_EQ(ReadJson<double>(ParseJson("1e-999")), 0);
}

TEST(Json, LenientReadingPassesOverWhatIsNewAndTakesNonFiniteNumbers) {
  const Outer outer =
      FromJson<Outer, Reading::kLenient>(R"({"name":"n","new":1,"ratio":"NaN","inner":[{"x":{}}]})");
  EXPECT_TRUE(std::isnan(outer.ratio));
  EXPECT_EQ(outer.inner.size(), 1u);
  EXPECT_THROW((FromJson<Outer, Reading::kLenient>(R"({"name":"n","ratio":"1"})")), Error);
}

TEST(Json, InvalidUtf8IsRepairedInAnswers) {
  EXPECT_EQ(ToJson(std::string("a\xff"
                               "b")),
            "\"a\xef\xbf\xbd"
            "b\"");
}

TEST(Instants, RoundTripAndRefusals) {
  EXPECT_EQ(FormatInstant(ParseInstant("2013-06-30T23:59:59.5-04:00")), "2013-07-01T03:59:59.500000Z");
  EXPECT_EQ(FormatInstant(Instant(Microseconds(-1))), "1969-12-31T23:59:59.999999Z");
  for (const char* text : {"2013-06-30T23:59:59", "2013-02-29T00:00:00Z", "2013-01-01T00:00:00.1234567Z",
                           "2013", "2013-01-01T00:00:00Zx", "2013-01-01T24:00:00Z"}) {
    EXPECT_THROW(ParseInstant(text), Error) << text;
  }
}

}  // namespace
}  // namespace orrery
