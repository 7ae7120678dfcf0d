#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/row.h"
#include "sql/value.h"
#include "tracking/filter.h"

/// Pieces of SQL for lists that are filtered by a Clause and walked by key: a page goes on after the sort
/// values of the last row, so rows that are added meanwhile neither shift nor repeat anything.
namespace orrery::tracking {

/// SQL text with the values of its `?`, in order.
struct Condition {
  std::string sql;
  std::vector<sql::Value> values;

  /// Appends " AND (...)", or the first condition alone.
  void And(const Condition& other);
};

/// `expression op value`. LIKE is by case, ILIKE without ASCII case, and a backslash is nothing special. A
/// NULL on the left is false for every operator but the NULL tests.
Condition Compare(const std::string& expression, const Clause& clause);

/// `expression`, with `leaf` for each of its clauses. NOT of what is unknown (a NULL somewhere) is true.
Condition ToCondition(const Expression& expression, const std::function<Condition(const Clause&)>& leaf);

/// One column of a sort. Absent values (NULL) come last in both directions.
struct SortColumn {
  enum class Type { kInteger, kReal, kText };
  std::string sql;
  Type type = Type::kText;
  bool ascending = true;
  bool nullable = false;
};

/// "a DESC, b": what follows ORDER BY.
std::string OrderSql(std::span<const SortColumn> columns);

/// True for the rows after the one whose sort values are `last`. The last column must be unique.
Condition After(std::span<const SortColumn> columns, std::span<const sql::Value> last);

/// The sort values of a row, which stand in its columns from `first` on.
std::vector<sql::Value> SortValues(const sql::Row& row, size_t first, std::span<const SortColumn> columns);

/// An opaque page token: the sort values of a page's last row, tied to `query` (any text that says what was
/// asked).
std::string EncodePageToken(std::string_view query, std::span<const sql::Value> last);
/// Errors: invalid_argument (not a token, or one of another query).
std::vector<sql::Value> DecodePageToken(std::string_view token, std::string_view query,
                                        std::span<const SortColumn> columns);

}  // namespace orrery::tracking
