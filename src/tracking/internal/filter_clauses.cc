#include "tracking/internal/filter_clauses.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/instant.h"
#include "tracking/internal/filter_fields.h"
#include "tracking/limits.h"

namespace orrery::tracking::internal {
namespace {

using Kind = Attribute::Kind;

constexpr std::pair<std::string_view, Operator> kSymbols[] = {
    {"=", Operator::kEqual},        {"!=", Operator::kNotEqual}, {"<", Operator::kLess},
    {"<=", Operator::kLessOrEqual}, {">", Operator::kGreater},   {">=", Operator::kGreaterOrEqual}};

Operator TakeNullTest(FilterLexer& lexer) {
  const bool negated = lexer.AtKeyword("NOT");
  if (negated) lexer.Take();
  if (!lexer.AtKeyword("NULL")) throw lexer.Fault(lexer.peek().column, "expected NULL after IS");
  lexer.Take();
  return negated ? Operator::kIsNotNull : Operator::kIsNull;
}

Operator TakeOperator(FilterLexer& lexer) {
  const Token token = lexer.Take();
  if (token.kind == Token::Kind::kSymbol) {
    for (const auto& [symbol, op] : kSymbols) {
      if (token.text == symbol) return op;
    }
  } else if (token.kind == Token::Kind::kWord) {
    if (IsKeyword(token.text, "LIKE")) return Operator::kLike;
    if (IsKeyword(token.text, "ILIKE")) return Operator::kIlike;
    if (IsKeyword(token.text, "IN")) return Operator::kIn;
    if (IsKeyword(token.text, "BETWEEN")) return Operator::kBetween;
    if (IsKeyword(token.text, "NOT") && lexer.AtKeyword("IN")) {
      lexer.Take();
      return Operator::kNotIn;
    }
    if (IsKeyword(token.text, "IS")) return TakeNullTest(lexer);
  }
  throw lexer.Fault(token.column,
                    "expected an operator: = != < <= > >= BETWEEN, LIKE ILIKE, IN, NOT IN, IS NULL, "
                    "IS NOT NULL");
}

bool IsNumber(Kind kind) {
  return kind == Kind::kNumber || kind == Kind::kTime;
}

bool Takes(const Field& field, Operator op) {
  switch (op) {
    case Operator::kEqual:
    case Operator::kNotEqual:
    case Operator::kIn:
    case Operator::kNotIn:
      return true;
    case Operator::kLess:
    case Operator::kLessOrEqual:
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
    case Operator::kBetween:
      return IsNumber(field.kind) || field.numeric;
    case Operator::kLike:
    case Operator::kIlike:
      return !IsNumber(field.kind);
    case Operator::kIsNull:
    case Operator::kIsNotNull:
      return field.entity != Entity::kDataset;
  }
  return false;
}

void CheckOperator(const FilterLexer& lexer, const Field& field, Operator op, size_t column) {
  if (field.kind == Kind::kOrdered) {
    throw lexer.Fault(field.column, "this field can be ordered by, not filtered: " + Quoted(field.key));
  }
  if (Takes(field, op)) return;
  throw lexer.Fault(column, "Invalid comparator for " + Quoted(field.key) + "; it takes " +
                                (IsNumber(field.kind) ? "= != < <= > >= BETWEEN, IN, NOT IN"
                                                      : "= != LIKE ILIKE, IN, NOT IN"));
}

sql::Value NumberOf(const FilterLexer& lexer, const Token& token, const Field& field) {
  const std::string expected = "expected a number to compare " + Quoted(field.key) + " with";
  if (token.kind != Token::Kind::kNumber) throw lexer.Fault(token.column, expected);
  std::string_view text = token.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t integer = 0;
  const char* end = text.data() + text.size();
  if (auto [stop, error] = std::from_chars(text.data(), end, integer); error == std::errc() && stop == end) {
    return integer;
  }
  double real = 0;
  auto [stop, error] = std::from_chars(text.data(), end, real);
  if (stop != end || error == std::errc::invalid_argument) {
    throw lexer.Fault(token.column, expected + ", got " + Quoted(token.text));
  }
  if (error != std::errc())
    throw lexer.Fault(token.column, "number beyond the range of a double: " + Quoted(token.text));
  return real;
}

sql::Value TimeOf(const FilterLexer& lexer, const Token& token) {
  constexpr size_t kDate = 10;  // "2026-11-25"
  try {
    return ToMillis(ParseInstant(token.text.size() == kDate ? token.text + "T00:00:00Z" : token.text));
  } catch (const Error&) {
    throw lexer.Fault(token.column,
                      "expected milliseconds, a date or a time with its zone such as "
                      "'2026-11-25T08:00:00Z', got " +
                          Quoted(token.text));
  }
}

/// One value of the kind that the field is compared with. A text that is compared as a number stays with numbers:
/// `like` is the value before it.
sql::Value TakeValue(FilterLexer& lexer, const Field& field, bool ordered, const sql::Value* like) {
  const Token token = lexer.Take();
  if (field.kind == Kind::kTime && token.kind == Token::Kind::kQuoted) return TimeOf(lexer, token);
  const bool number =
      like == nullptr ? token.kind == Token::Kind::kNumber : !std::holds_alternative<std::string>(*like);
  if (IsNumber(field.kind) || (field.numeric && (ordered || number))) return NumberOf(lexer, token, field);
  if (token.kind != Token::Kind::kQuoted) {
    throw lexer.Fault(token.column,
                      "expected a quoted string value to compare " + Quoted(field.key) + " with");
  }
  if (token.text.find('\0') != std::string::npos)
    throw lexer.Fault(token.column, "a value has no NUL characters");
  return token.text;
}

std::vector<sql::Value> TakeList(FilterLexer& lexer, const Field& field, size_t& list_items) {
  if (!lexer.AtSymbol("(")) throw lexer.Fault(lexer.peek().column, "expected a list: ('a', 'b')");
  std::vector<sql::Value> values;
  do {
    lexer.Take();
    values.push_back(TakeValue(lexer, field, false, values.empty() ? nullptr : &values.front()));
    if (++list_items > kMaxFilterListItems) {
      throw lexer.Fault(lexer.peek().column,
                        "lists have at most " + std::to_string(kMaxFilterListItems) + " items together");
    }
  } while (lexer.AtSymbol(","));
  if (!lexer.AtSymbol(")")) throw lexer.Fault(lexer.peek().column, "expected , or )");
  lexer.Take();
  return values;
}

std::vector<sql::Value> TakeValues(FilterLexer& lexer, const Field& field, Operator op, size_t& list_items) {
  switch (op) {
    case Operator::kIsNull:
    case Operator::kIsNotNull:
      return {};
    case Operator::kIn:
    case Operator::kNotIn:
      return TakeList(lexer, field, list_items);
    case Operator::kEqual:
    case Operator::kNotEqual:
      return {TakeValue(lexer, field, false, nullptr)};
    case Operator::kBetween: {
      std::vector<sql::Value> ends = {TakeValue(lexer, field, true, nullptr)};
      if (!lexer.AtKeyword("AND")) throw lexer.Fault(lexer.peek().column, "expected AND and the upper end");
      lexer.Take();
      ends.push_back(TakeValue(lexer, field, true, nullptr));
      return ends;
    }
    case Operator::kLike:
    case Operator::kIlike: {
      Field text = field;
      text.numeric = false;
      return {TakeValue(lexer, text, false, nullptr)};
    }
    default:
      return {TakeValue(lexer, field, true, nullptr)};
  }
}

}  // namespace

Clause TakeClause(FilterLexer& lexer, const Grammar& grammar, size_t& list_items) {
  Field field = TakeField(lexer, grammar);
  const size_t column = lexer.peek().column;
  const Operator op = TakeOperator(lexer);
  CheckOperator(lexer, field, op, column);
  Clause clause{.entity = field.entity, .aggregate = field.aggregate, .op = op};
  clause.values = TakeValues(lexer, field, op, list_items);
  clause.key = std::move(field.key);
  return clause;
}

}  // namespace orrery::tracking::internal
