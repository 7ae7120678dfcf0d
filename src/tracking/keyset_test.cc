#include "tracking/keyset.h"

#include <limits>

#include <gmock/gmock.h>

#include "base/error.h"

namespace orrery::tracking {
namespace {

using Type = SortColumn::Type;

TEST(KeysetTest, TokensRoundTrip) {
  const std::vector<SortColumn> columns = {{"a", Type::kReal, true, true},
                                           {"b", Type::kInteger},
                                           {"c", Type::kReal},
                                           {"d", Type::kReal},
                                           {"e", Type::kText}};
  const std::vector<sql::Value> last = {std::monostate(), std::numeric_limits<int64_t>::min(), -0.0,
                                        std::numeric_limits<double>::infinity(), std::string("a\xc3\xa9")};
  const std::string token = EncodePageToken("query", last);
  EXPECT_EQ(DecodePageToken(token, "query", columns), last);
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

TEST(KeysetTest, EveryOtherTokenIsRefused) {
  const std::vector<SortColumn> columns = {{"a", Type::kInteger}, {"b", Type::kText}};
  const std::string token =
      EncodePageToken("query", std::vector<sql::Value>{int64_t{1}, std::string("text")});
  EXPECT_EQ(DecodePageToken(token, "query", columns).size(), 2);
  EXPECT_THROW(DecodePageToken(token, "another", columns), Error);
  EXPECT_THROW(DecodePageToken(token, "query", std::span(columns).first(1)), Error);
  EXPECT_THROW(DecodePageToken(token + "A", "query", columns), Error);
  EXPECT_THROW(DecodePageToken("eyJvZmZzZXQiOiAxMDB9", "query", columns), Error);
  EXPECT_THROW(DecodePageToken("*", "query", columns), Error);
  for (size_t cut = 0; cut < token.size(); ++cut) {
    EXPECT_THROW(DecodePageToken(token.substr(0, cut), "query", columns), Error) << cut;
  }
}

TEST(KeysetTest, ATokenWithValuesOfOtherTypesIsRefused) {
  const std::vector<SortColumn> columns = {{"a", Type::kInteger}, {"b", Type::kReal, true, true}};
  const auto refused = [&](const std::vector<sql::Value>& values) {
    try {
      DecodePageToken(EncodePageToken("query", values), "query", columns);
      return false;
    } catch (const Error&) {
      return true;
    }
  };
  EXPECT_FALSE(refused({int64_t{1}, 2.0}));
  EXPECT_FALSE(refused({int64_t{1}, std::monostate()}));
  EXPECT_TRUE(refused({std::monostate(), 2.0}));
  EXPECT_TRUE(refused({1.0, 2.0}));
  EXPECT_TRUE(refused({int64_t{1}, std::string("2")}));
}

TEST(KeysetTest, AfterIsLexicographicWithAbsentLast) {
  const std::vector<SortColumn> columns = {{"a", Type::kReal, false, true}, {"b", Type::kText, true, false}};
  EXPECT_EQ(OrderSql(columns), "a IS NULL, a DESC, b");
  EXPECT_EQ(After(columns, std::vector<sql::Value>{1.5, std::string("x")}).sql,
            "((a < ? OR a IS NULL) OR (a = ? AND (b > ?)))");
  EXPECT_EQ(After(columns, std::vector<sql::Value>{std::monostate(), std::string("x")}).sql,
            "(a IS NULL AND (b > ?))");
}

TEST(KeysetTest, PatternsTreatABackslashAsItself) {
  const Condition condition = Compare("name", {.op = Operator::kIlike, .values = {std::string("a\\_%")}});
  EXPECT_EQ(condition.sql, "lower(name) LIKE lower(?) ESCAPE '\\'");
  EXPECT_EQ(std::get<std::string>(condition.values.front()), "a\\\\_%");
}

}  // namespace
}  // namespace orrery::tracking
