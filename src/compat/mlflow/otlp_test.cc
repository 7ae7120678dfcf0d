#include "compat/mlflow/otlp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/code_of.h"
#include "base/json_parse.h"

namespace orrery::compat::mlflow {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Writes protobuf by hand, as OpenTelemetry's exporters do by schema.
struct Message {
  std::string bytes;

  Message& Varint(uint32_t number, uint64_t value) {
    Put(number << 3);
    Put(value);
    return *this;
  }
  Message& Bytes(uint32_t number, std::string_view value) {
    Put(number << 3 | 2);
    Put(value.size());
    bytes += value;
    return *this;
  }
  Message& Fixed64(uint32_t number, uint64_t value) {
    Put(number << 3 | 1);
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }

 private:
  void Put(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
    bytes += static_cast<char>(value);
  }
};

const std::string kTrace = std::string(15, '\0') + "\x0b";
const std::string kSpan = std::string(7, '\0') + "\x01";

std::string Wrapped(const std::string& span) {
  return Message().Bytes(1, Message().Bytes(2, Message().Bytes(2, span).bytes).bytes).bytes;
}

Message Plain() {
  return Message().Bytes(1, kTrace).Bytes(2, kSpan).Bytes(5, "step").Fixed64(7, 10).Fixed64(8, 20);
}

std::string Attribute(std::string_view key, const std::string& value) {
  return Message().Bytes(1, key).Bytes(2, value).bytes;
}

TEST(Otlp, ReadsIdsTimesAndStatus) {
  const auto spans = ReadOtlpSpans(Wrapped(Plain()
                                               .Bytes(4, std::string(7, '\0') + "\x02")
                                               .Bytes(15, Message().Bytes(2, "boom").Varint(3, 2).bytes)
                                               .bytes));
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].trace_id.text(), "tr-0000000000000000000000000000000b");
  EXPECT_EQ(spans[0].id, "0000000000000001");
  EXPECT_EQ(spans[0].parent_id, "0000000000000002");
  EXPECT_EQ(spans[0].start_ns, 10);
  EXPECT_EQ(spans[0].end_ns, 20);
  EXPECT_TRUE(spans[0].failed);
  EXPECT_THAT(spans[0].content,
              StartsWith(R"({"trace_id":"AAAAAAAAAAAAAAAAAAAACw==","span_id":"AAAAAAAAAAE=")"));
  EXPECT_THAT(spans[0].content, HasSubstr(R"("status":{"message":"boom","code":"STATUS_CODE_ERROR"})"));
}

TEST(Otlp, WritesEveryKindOfValueAsProtobufsJson) {
  const std::string list = Message().Bytes(1, Message().Varint(2, 1).bytes).bytes;
  const std::string map = Message().Bytes(1, Attribute("k", Message().Bytes(1, "v").bytes)).bytes;
  auto span = Plain();
  span.Bytes(9, Attribute("text", Message().Bytes(1, "a\"b").bytes));
  span.Bytes(9, Attribute("int", Message().Varint(3, static_cast<uint64_t>(-7)).bytes));
  span.Bytes(9, Attribute("real", Message().Fixed64(4, 0x3fe0000000000000).bytes));
  span.Bytes(9, Attribute("nan", Message().Fixed64(4, 0x7ff8000000000000).bytes));
  span.Bytes(9, Attribute("list", Message().Bytes(5, list).bytes));
  span.Bytes(9, Attribute("map", Message().Bytes(6, map).bytes));
  span.Bytes(9, Attribute("bytes", Message().Bytes(7, "\xff").bytes));
  span.Bytes(9, Attribute("none", ""));
  const std::string content = ReadOtlpSpans(Wrapped(span.bytes))[0].content;
  const json::value attributes = ParseJson(content).as_object().at("attributes");
  EXPECT_EQ(attributes, ParseJson(R"([{"key":"text","value":{"string_value":"a\"b"}},
      {"key":"int","value":{"int_value":-7}}, {"key":"real","value":{"double_value":0.5}},
      {"key":"nan","value":{"double_value":"NaN"}},
      {"key":"list","value":{"array_value":{"values":[{"bool_value":true}]}}},
      {"key":"map","value":{"kvlist_value":{"values":[{"key":"k","value":{"string_value":"v"}}]}}},
      {"key":"bytes","value":{"bytes_value":"/w=="}}, {"key":"none","value":{}}])"));
}

TEST(Otlp, KeepsEventsAndLinks) {
  auto span = Plain();
  span.Bytes(11, Message()
                     .Fixed64(1, 15)
                     .Bytes(2, "tick")
                     .Bytes(3, Attribute("k", Message().Bytes(1, "v").bytes))
                     .bytes);
  span.Bytes(13, Message().Bytes(1, kTrace).Bytes(2, kSpan).bytes);
  const json::value content = ParseJson(ReadOtlpSpans(Wrapped(span.bytes))[0].content);
  EXPECT_EQ(
      content.as_object().at("events"),
      ParseJson(
          R"([{"time_unix_nano":15,"name":"tick","attributes":[{"key":"k","value":{"string_value":"v"}}]}])"));
  EXPECT_EQ(content.as_object().at("links").as_array().size(), 1u);
}

TEST(Otlp, RefusesWhatIsNoExport) {
  const auto refused = [](const std::string& bytes) {
    return CodeOf([&] { ReadOtlpSpans(bytes); }) == Code::kInvalidArgument;
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("this is no protobuf"));
  EXPECT_TRUE(refused(Wrapped(Message().Bytes(2, kSpan).bytes))) << "no trace";
  EXPECT_TRUE(refused(Wrapped(Message().Bytes(1, "short").Bytes(2, kSpan).bytes)));
  EXPECT_TRUE(refused(Wrapped(Message().Bytes(1, std::string(16, '\0')).Bytes(2, kSpan).bytes)))
      << "the invalid id";
  EXPECT_TRUE(refused(Wrapped(Plain().Varint(6, 99).bytes))) << "a kind";
  EXPECT_TRUE(refused(Wrapped(Plain().Varint(9, 1).bytes))) << "an attribute that is a number";
  EXPECT_TRUE(refused(Wrapped(Plain().Fixed64(7, ~0ull).bytes))) << "a time";
  const std::string whole = Wrapped(Plain().bytes);
  for (size_t size = 1; size < whole.size(); ++size) EXPECT_TRUE(refused(whole.substr(0, size))) << size;
  std::string deep;
  for (int i = 0; i < 100; ++i) deep = Message().Bytes(5, Message().Bytes(1, deep).bytes).bytes;
  EXPECT_TRUE(refused(Wrapped(Plain().Bytes(9, Attribute("k", deep)).bytes)));
}

}  // namespace
}  // namespace orrery::compat::mlflow
