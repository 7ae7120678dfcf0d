#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/value.h"

/// The search grammar of MLflow and a superset of it, for every list that has one. What MLflow accepts means the same here;
/// the rest it refuses, so that no filter has two meanings.
///
///   filter = any                           keywords in any case
///   any    = all (OR all)*                 AND binds closer than OR
///   all    = part (AND part)*
///   part   = NOT part | "(" any ")" | clause
///   clause = field operator value
///   field  = [entity "."] key | aggregate "(" metric ")"      aggregate: last, min, max, first
///   key    = bare (letters, digits, _ . / : -), `...` or "..."
///   value  = number | '...' | "..." | "(" list ")" | number AND number     a quote is doubled inside its own kind
///
/// MLflow has no OR, NOT, parentheses, BETWEEN and aggregates, and compares params only as text.
/// Errors are invalid_argument and say at which column.
namespace orrery::tracking {

enum class Entity { kAttribute, kMetric, kParam, kTag, kDataset, kMetadata };

enum class Operator {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kLike,   ///< '%' any text, '_' one character; case counts
  kIlike,  ///< the same without ASCII case
  kIn,
  kNotIn,
  kIsNull,
  kIsNotNull,
  kBetween,  ///< both ends included
};

/// Which of a metric's values is meant.
enum class Aggregate { kLast, kMin, kMax, kFirst };

/// `key operator values`: one value; two for BETWEEN; several for the lists; none for the NULL tests.
struct Clause {
  Entity entity = Entity::kAttribute;
  std::string key;  ///< of an attribute: its name in the table, aliases resolved
  Aggregate aggregate = Aggregate::kLast;
  Operator op = Operator::kEqual;
  std::vector<sql::Value> values;  ///< int64, double or text

  /// Whether it is compared as a number.
  bool IsNumeric() const { return !values.empty() && !std::holds_alternative<std::string>(values.front()); }
};

/// A filter, taken apart.
struct Expression {
  enum class Kind { kAll, kAny, kNot, kClause };
  Kind kind = Kind::kAll;
  Clause clause;                  ///< of kClause
  std::vector<Expression> parts;  ///< of the others; kAll of nothing is true
};

struct OrderTerm {
  Entity entity = Entity::kAttribute;
  std::string key;
  Aggregate aggregate = Aggregate::kLast;
  bool ascending = true;
};

/// One attribute that a list can be searched by.
struct Attribute {
  enum class Kind {
    kNumber,   ///< takes = != < <= > >= BETWEEN, IN, NULL tests
    kTime,     ///< kNumber of milliseconds; also quoted RFC 3339 times and dates (midnight UTC)
    kText,     ///< takes = != LIKE ILIKE, IN, NULL tests
    kOrdered,  ///< only for order_by
  };
  std::string_view name;
  Kind kind = Kind::kText;
  std::string_view aliases = {};  ///< other spellings of `name`, with '|' between them
  std::string_view tag = {};      ///< the tag that it stands for
};

/// What one list allows. Attributes are always allowed.
struct Grammar {
  std::span<const Attribute> attributes;
  bool metrics = false;
  bool params = false;
  bool tags = false;
  bool datasets = false;    ///< keys name, digest, context
  bool aggregates = false;  ///< of metrics
  bool numeric_params = false;
  bool metadata = false;  ///< of traces, whose attributes may also be called "trace.KEY"
};

/// An empty text is true of everything.
Expression ParseFilter(std::string_view text, const Grammar& grammar);

/// Each item is `[entity.]key [ASC|DESC]`. Errors also: a field named twice.
std::vector<OrderTerm> ParseOrderBy(std::span<const std::string> items, const Grammar& grammar);

}  // namespace orrery::tracking
