#include "tracking/filter.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace orrery::tracking {
namespace {

constexpr Attribute kAttributes[] = {
    {"run_id", Attribute::Kind::kText},
    {"run_name", Attribute::Kind::kText, "Run name"},
    {"start_time", Attribute::Kind::kTime, "Created"},
    {"seldom", Attribute::Kind::kOrdered},
    {"job_id", Attribute::Kind::kText, "job", "orrery.job_id"},
};
constexpr Grammar kEverything{kAttributes, true, true, true, true, true, true};

/// "entity key operator values", by number.
std::string Shown(const Clause& clause) {
  std::string out = std::to_string(static_cast<int>(clause.entity)) + " [" + clause.key + "] ";
  if (clause.aggregate != Aggregate::kLast)
    out += "f" + std::to_string(static_cast<int>(clause.aggregate)) + " ";
  out += std::to_string(static_cast<int>(clause.op));
  for (const sql::Value& value : clause.values) {
    if (const auto* integer = std::get_if<int64_t>(&value)) out += " i" + std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value)) out += " d" + std::to_string(*real);
    if (const auto* string = std::get_if<std::string>(&value)) out += " '" + *string + "'";
  }
  return out;
}

/// Clauses joined by & and |, negated by !.
std::string Shown(const Expression& expression) {
  if (expression.kind == Expression::Kind::kClause) return Shown(expression.clause);
  std::string out;
  for (const Expression& part : expression.parts) {
    if (!out.empty()) out += expression.kind == Expression::Kind::kAny ? " | " : " & ";
    const bool plain = part.kind == Expression::Kind::kClause;
    out += plain ? Shown(part) : "(" + Shown(part) + ")";
  }
  return expression.kind == Expression::Kind::kNot ? "!" + out : out;
}

std::string Shown(std::string_view text) {
  return Shown(ParseFilter(text, kEverything));
}

std::string Fault(std::string_view text, const Grammar& grammar = kEverything) {
  try {
    ParseFilter(text, grammar);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalidArgument);
    EXPECT_EQ(error.field(), "filter");
    return error.what();
  }
  return "accepted";
}

TEST(FilterTest, ReadsEntitiesUnderAllTheirNames) {
  EXPECT_EQ(Shown(""), "");
  EXPECT_EQ(Shown("  \n"), "");
  EXPECT_EQ(Shown("metrics.a > 1"), "1 [a] 4 i1");
  EXPECT_EQ(Shown("metric.a>=-.5"), "1 [a] 5 d-0.500000");
  EXPECT_EQ(Shown("parameter.a = 'x' and params.b != \"y\" AND param.c LIKE 'z%'"),
            "2 [a] 0 'x' & 2 [b] 1 'y' & 2 [c] 6 'z%'");
  EXPECT_EQ(Shown("tags.mlflow.source.name ilike '%A'"), "3 [mlflow.source.name] 7 '%A'");
  EXPECT_EQ(Shown("datasets.name IN ('a','b') AND dataset.digest not in ('c')"),
            "4 [name] 8 'a' 'b' & 4 [digest] 9 'c'");
  EXPECT_EQ(Shown("attr.run_id = '1' AND run.start_time <= 9223372036854775807"),
            "0 [run_id] 0 '1' & 0 [start_time] 3 i9223372036854775807");
}

TEST(FilterTest, AttributesNeedNoEntityAndHaveAliases) {
  EXPECT_EQ(Shown("run_name = 'a'"), "0 [run_name] 0 'a'");
  EXPECT_EQ(Shown("`Run name` = 'a'"), "0 [run_name] 0 'a'");
  EXPECT_EQ(Shown("attributes.Created == 1"), "0 [start_time] 0 i1");
}

TEST(FilterTest, QuotedKeysHoldAnything) {
  EXPECT_EQ(Shown("metrics.`a b` < 1"), "1 [a b] 2 i1");
  EXPECT_EQ(Shown("params.\"a = 'b' AND\" = 'c'"), "2 [a = 'b' AND] 0 'c'");
  EXPECT_EQ(Shown("metrics.a-b/c:d.e<>1e3"), "1 [a-b/c:d.e] 1 d1000.000000");
  EXPECT_EQ(Shown("params.a = 'it''s'"), "2 [a] 0 'it's'");
  EXPECT_EQ(Shown("params.a = 'C:\\'"), "2 [a] 0 'C:\\'");
}

TEST(FilterTest, NullTestsAreForAllThatCanBeAbsent) {
  EXPECT_EQ(Shown("params.a IS NULL AND tags.b is not null"), "2 [a] 10 & 3 [b] 11");
  EXPECT_EQ(Shown("metrics.a IS NULL AND start_time IS NOT NULL"), "1 [a] 10 & 0 [start_time] 11");
  EXPECT_EQ(
      Fault("datasets.name IS NULL"),
      "Invalid filter at column 15: Invalid comparator for \"name\"; it takes = != LIKE ILIKE, IN, NOT IN");
}

TEST(FilterTest, AndBindsCloserThanOr) {
  EXPECT_EQ(Shown("metrics.a > 1 OR metrics.b > 2 AND metrics.c > 3 or metrics.d > 4"),
            "1 [a] 4 i1 | (1 [b] 4 i2 & 1 [c] 4 i3) | 1 [d] 4 i4");
  EXPECT_EQ(Shown("(metrics.a > 1 OR metrics.b > 2) AND metrics.c > 3"),
            "(1 [a] 4 i1 | 1 [b] 4 i2) & 1 [c] 4 i3");
  EXPECT_EQ(Shown("NOT metrics.a > 1 AND not (metrics.b > 2 OR NOT metrics.c > 3)"),
            "(!1 [a] 4 i1) & (!(1 [b] 4 i2 | (!1 [c] 4 i3)))");
  EXPECT_EQ(Shown("((metrics.a > 1))"), "1 [a] 4 i1");
}

TEST(FilterTest, ParamsCompareAsNumbersWithAnUnquotedOne) {
  EXPECT_EQ(Shown("params.lr BETWEEN 1e-4 AND 1e-3 AND params.n = 3"),
            "2 [lr] 12 d0.000100 d0.001000 & 2 [n] 0 i3");
  EXPECT_EQ(Shown("params.n IN (1, 2.5)"), "2 [n] 8 i1 d2.500000");
  EXPECT_EQ(Fault("params.n IN (1, '2')"),
            "Invalid filter at column 17: expected a number to compare \"n\" with");
  EXPECT_EQ(Fault("params.n > '2'"), "Invalid filter at column 12: expected a number to compare \"n\" with");
  EXPECT_EQ(Fault("params.n BETWEEN 1 OR 2"), "Invalid filter at column 20: expected AND and the upper end");
  EXPECT_EQ(Fault("params.n = 1", {kAttributes, false, true}),
            "Invalid filter at column 12: expected a quoted string value to compare \"n\" with");
}

TEST(FilterTest, MetricsHaveFourValues) {
  EXPECT_EQ(Shown("min(metrics.loss) < 0.1 AND LAST(metrics.`a b`) > 1"),
            "1 [loss] f1 2 d0.100000 & 1 [a b] 4 i1");
  EXPECT_EQ(Fault("min(params.a) < 1"),
            "Invalid filter at column 5: only metrics have a last, min, max and first value");
  EXPECT_EQ(Fault("max(metrics.a < 1"), "Invalid filter at column 15: expected )");
}

TEST(FilterTest, TimesAreMillisecondsOrText) {
  EXPECT_EQ(Shown("start_time >= '2026-11-25' AND Created < '2026-11-25T01:00:00+01:00'"),
            "0 [start_time] 5 i1795564800000 & 0 [start_time] 2 i1795564800000");
  EXPECT_EQ(Fault("start_time > 'noon'"),
            "Invalid filter at column 14: expected milliseconds, a date or a time with its zone such as "
            "'2026-11-25T08:00:00Z', got \"noon\"");
}

TEST(FilterTest, AnAttributeMayStandForATag) {
  EXPECT_EQ(Shown("job = 'a' AND job_id IS NULL"), "3 [orrery.job_id] 0 'a' & 3 [orrery.job_id] 10");
}

TEST(FilterTest, ErrorsPointAtTheColumn) {
  EXPECT_EQ(Fault("params.a = 'x' params.b = 'y'"),
            "Invalid filter at column 16: expected AND, OR or the end");
  EXPECT_EQ(Fault("(params.a = 'x'"), "Invalid filter at column 16: expected AND, OR or )");
  EXPECT_EQ(Fault("params.a = 'x')"), "Invalid filter at column 15: expected AND, OR or the end");
  EXPECT_EQ(Fault("tags.a = 1"),
            "Invalid filter at column 10: expected a quoted string value to compare \"a\" with");
  EXPECT_EQ(Fault("metrics.a = '1'"), "Invalid filter at column 13: expected a number to compare \"a\" with");
  EXPECT_EQ(Fault("metrics.a = 1.2.3"),
            "Invalid filter at column 13: expected a number to compare \"a\" with, got \"1.2.3\"");
  EXPECT_EQ(Fault("metrics.a = 1e999"),
            "Invalid filter at column 13: number beyond the range of a double: \"1e999\"");
  EXPECT_EQ(Fault("dummy.a > 1"),
            "Invalid filter at column 1: Invalid entity type \"dummy\"; valid ones are attributes, metrics, "
            "params, "
            "tags, datasets");
  EXPECT_EQ(Fault("colour = 'red'"),
            "Invalid filter at column 1: Invalid attribute key \"colour\"; valid ones are run_id, run_name, "
            "start_time, seldom, job_id");
  EXPECT_EQ(Fault("seldom = 'a'"),
            "Invalid filter at column 1: this field can be ordered by, not filtered: \"seldom\"");
  EXPECT_EQ(Fault("params.a = 'x"), "Invalid filter at column 12: missing the closing '");
  EXPECT_EQ(Fault("params.a = 'x' AND"),
            "Invalid filter at column 19: expected a field such as metrics.loss");
  EXPECT_EQ(Fault("run_id IN ()"),
            "Invalid filter at column 12: expected a quoted string value to compare \"run_id\" with");
  EXPECT_EQ(Fault("run_name > 'a'"),
            "Invalid filter at column 10: Invalid comparator for \"run_name\"; it takes = != LIKE ILIKE, IN, "
            "NOT IN");
  EXPECT_EQ(Fault("metrics.a LIKE 'a'"),
            "Invalid filter at column 11: Invalid comparator for \"a\"; it takes = != < <= > >= BETWEEN, IN, "
            "NOT IN");
  EXPECT_EQ(Fault("metrics.a ; 1"), "Invalid filter at column 11: unexpected character \";\"");
  EXPECT_EQ(Fault("datasets.size = '1'"),
            "Invalid filter at column 1: Invalid dataset key \"size\"; valid ones are name, digest, context");
}

TEST(FilterTest, WhatAListDoesNotHaveIsRefused) {
  EXPECT_EQ(Fault("metrics.a > 1", {kAttributes, false, false, true}),
            "Invalid filter at column 1: Invalid entity type \"metrics\"; valid ones are attributes, tags");
}

TEST(FilterTest, AmountsAreLimited) {
  std::string many = "params.a = 'x'";
  for (int i = 0; i < 100; ++i) many += " AND params.a = 'x'";
  EXPECT_THAT(Fault(many), testing::HasSubstr("at most 100 clauses"));
  EXPECT_EQ(Fault(std::string(50, '(') + "metrics.a > 1" + std::string(50, ')')), "accepted");
  EXPECT_EQ(Fault(std::string(51, '(') + "metrics.a > 1" + std::string(51, ')')),
            "Invalid filter at column 51: parentheses and NOT nest at most 50 deep");
  std::string list = "run_id IN ('a'";
  for (int i = 0; i < 6'000; ++i) list += ",'a'";
  EXPECT_EQ(Fault(list + ")"), "accepted");
  EXPECT_THAT(Fault(list + ") AND " + list + ")"), testing::HasSubstr("at most 10000 items together"));
  EXPECT_THAT(Fault(std::string(70'000, 'a')), testing::HasSubstr("at most 65536 bytes"));
}

std::string OrderFault(const std::vector<std::string>& items) {
  try {
    ParseOrderBy(items, kEverything);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(OrderByTest, ReadsFieldsAndDirections) {
  const std::vector<std::string> items = {"metrics.`a b` DESC", "params.x", "Created asc"};
  const auto terms = ParseOrderBy(items, kEverything);
  ASSERT_EQ(terms.size(), 3);
  EXPECT_EQ(terms[0].key, "a b");
  EXPECT_FALSE(terms[0].ascending);
  EXPECT_EQ(terms[1].entity, Entity::kParam);
  EXPECT_TRUE(terms[1].ascending);
  EXPECT_EQ(terms[2].key, "start_time");
  EXPECT_TRUE(terms[2].ascending);
}

TEST(OrderByTest, RefusesDuplicatesAndTrailingWords) {
  EXPECT_EQ(OrderFault({"metrics.a", "metric.a DESC"}),
            "Invalid order_by at column 1: order_by contains duplicate fields: \"a\"");
  EXPECT_EQ(OrderFault({"metrics.a up"}), "Invalid order_by at column 11: expected ASC, DESC or the end");
  EXPECT_EQ(OrderFault({"datasets.name"}), "Invalid order_by at column 1: datasets have no order");
  EXPECT_EQ(OrderFault({""}), "Invalid order_by at column 1: expected a field such as metrics.loss");
}

}  // namespace
}  // namespace orrery::tracking
