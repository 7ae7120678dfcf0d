#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/value.h"

/// The search grammar of MLflow, for every list that has one:
///
///   filter = clause (AND clause)*          keywords in any case; no OR, no NOT
///   clause = [entity "."] key operator value
///   key    = bare (letters, digits, _ . / : -), `...` or "..."
///   value  = number | '...' | "..." | (list of strings)      a quote is doubled inside its own kind
///
/// Errors are invalid_argument and say at which column.
namespace orrery::tracking {

enum class Entity { kAttribute, kMetric, kParam, kTag, kDataset };

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
};

/// `key operator values`: one value; several for the lists; none for the NULL tests.
struct Clause {
  Entity entity = Entity::kAttribute;
  std::string key;  ///< of an attribute: its name in the table, aliases resolved
  Operator op = Operator::kEqual;
  std::vector<sql::Value> values;  ///< int64, double or text
};

struct OrderTerm {
  Entity entity = Entity::kAttribute;
  std::string key;
  bool ascending = true;
};

/// One attribute that a list can be searched by.
struct Attribute {
  enum class Kind {
    kNumber,   ///< takes = != < <= > >=
    kText,     ///< takes = != LIKE ILIKE
    kId,       ///< kText, and IN, NOT IN
    kOrdered,  ///< only for order_by
  };
  std::string_view name;
  Kind kind = Kind::kText;
  std::string_view aliases = {};  ///< other spellings of `name`, with '|' between them
};

/// What one list allows. Attributes are always allowed.
struct Grammar {
  std::span<const Attribute> attributes;
  bool metrics = false;
  bool params = false;
  bool tags = false;
  bool datasets = false;  ///< keys name, digest, context
};

/// An empty text has no clauses.
std::vector<Clause> ParseFilter(std::string_view text, const Grammar& grammar);

/// Each item is `[entity.]key [ASC|DESC]`. Errors also: a field named twice.
std::vector<OrderTerm> ParseOrderBy(std::span<const std::string> items, const Grammar& grammar);

}  // namespace orrery::tracking
