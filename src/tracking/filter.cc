#include "tracking/filter.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "tracking/internal/filter_lexer.h"
#include "tracking/limits.h"

namespace orrery::tracking {
namespace {

using internal::FilterLexer;
using internal::IsKeyword;
using internal::Token;

struct EntityName {
  std::string_view name;
  Entity entity;
};
constexpr EntityName kEntityNames[] = {
    {"attribute", Entity::kAttribute},
    {"attributes", Entity::kAttribute},
    {"attr", Entity::kAttribute},
    {"run", Entity::kAttribute},
    {"metric", Entity::kMetric},
    {"metrics", Entity::kMetric},
    {"parameter", Entity::kParam},
    {"parameters", Entity::kParam},
    {"param", Entity::kParam},
    {"params", Entity::kParam},
    {"tag", Entity::kTag},
    {"tags", Entity::kTag},
    {"dataset", Entity::kDataset},
    {"datasets", Entity::kDataset},
};

bool Allows(const Grammar& grammar, Entity entity) {
  switch (entity) {
    case Entity::kAttribute:
      return true;
    case Entity::kMetric:
      return grammar.metrics;
    case Entity::kParam:
      return grammar.params;
    case Entity::kTag:
      return grammar.tags;
    case Entity::kDataset:
      return grammar.datasets;
  }
  return false;
}

std::string EntityChoices(const Grammar& grammar) {
  std::string out = "attributes";
  for (const auto& [name, entity] :
       {EntityName{"metrics", Entity::kMetric}, EntityName{"params", Entity::kParam},
        EntityName{"tags", Entity::kTag}, EntityName{"datasets", Entity::kDataset}}) {
    if (Allows(grammar, entity)) out += ", " + std::string(name);
  }
  return out;
}

bool IsAlias(std::string_view aliases, std::string_view key) {
  while (!aliases.empty()) {
    const size_t end = std::min(aliases.find('|'), aliases.size());
    if (aliases.substr(0, end) == key) return true;
    aliases.remove_prefix(std::min(end + 1, aliases.size()));
  }
  return false;
}

/// What a clause compares: an entity and its key.
struct Field {
  Entity entity = Entity::kAttribute;
  std::string key;
  Attribute::Kind kind = Attribute::Kind::kText;
  size_t column = 1;
};

class Parser {
 public:
  Parser(FilterLexer& lexer, const Grammar& grammar) : lexer_(lexer), grammar_(grammar) {}

  Field TakeField();
  Clause TakeClause();

 private:
  std::pair<std::optional<Entity>, std::string> TakeName();
  void ResolveAttribute(Field& field) const;
  Operator TakeOperator();
  void CheckOperator(const Field& field, Operator op, size_t column) const;
  sql::Value TakeNumber(const Field& field);
  sql::Value TakeText(const Field& field);
  std::vector<sql::Value> TakeList(const Field& field);

  FilterLexer& lexer_;
  const Grammar& grammar_;
  size_t list_items_ = 0;  // of all clauses: a statement binds only so many values
};

std::pair<std::optional<Entity>, std::string> Parser::TakeName() {
  const Token token = lexer_.Take();
  if (token.kind == Token::Kind::kBackticked || (token.kind == Token::Kind::kQuoted && token.quote == '"')) {
    return {std::nullopt, token.text};
  }
  if (token.kind != Token::Kind::kWord)
    throw lexer_.Fault(token.column, "expected a field such as metrics.loss");
  const size_t dot = token.text.find('.');
  if (dot == std::string::npos) return {std::nullopt, token.text};
  const std::string prefix = token.text.substr(0, dot);
  std::string key = token.text.substr(dot + 1);
  if (key.empty() && lexer_.peek().joined &&
      (lexer_.peek().kind == Token::Kind::kBackticked || lexer_.peek().kind == Token::Kind::kQuoted)) {
    key = lexer_.Take().text;
  }
  for (const auto& [name, entity] : kEntityNames) {
    if (prefix == name && Allows(grammar_, entity)) return {entity, std::move(key)};
  }
  throw lexer_.Fault(token.column,
                     "Invalid entity type " + Quoted(prefix) + "; valid ones are " + EntityChoices(grammar_));
}

void Parser::ResolveAttribute(Field& field) const {
  std::string choices;
  for (const Attribute& attribute : grammar_.attributes) {
    if (field.key == attribute.name || IsAlias(attribute.aliases, field.key)) {
      field.key = attribute.name;
      field.kind = attribute.kind;
      return;
    }
    (choices += choices.empty() ? "" : ", ") += attribute.name;
  }
  throw lexer_.Fault(field.column,
                     "Invalid attribute key " + Quoted(field.key) + "; valid ones are " + choices);
}

Field Parser::TakeField() {
  Field field{.column = lexer_.peek().column};
  auto [entity, key] = TakeName();
  field.entity = entity.value_or(Entity::kAttribute);
  field.key = std::move(key);
  if (field.key.empty()) throw lexer_.Fault(field.column, "the key is missing");
  if (field.key.find('\0') != std::string::npos)
    throw lexer_.Fault(field.column, "a key has no NUL characters");
  if (field.entity == Entity::kAttribute) ResolveAttribute(field);
  if (field.entity == Entity::kMetric) field.kind = Attribute::Kind::kNumber;
  if (field.entity == Entity::kDataset) {
    field.kind = Attribute::Kind::kId;
    if (field.key != "name" && field.key != "digest" && field.key != "context") {
      throw lexer_.Fault(field.column, "Invalid dataset key " + Quoted(field.key) +
                                           "; valid ones are name, digest, context");
    }
  }
  return field;
}

Operator Parser::TakeOperator() {
  const Token token = lexer_.Take();
  if (token.kind == Token::Kind::kSymbol) {
    constexpr std::pair<std::string_view, Operator> kSymbols[] = {
        {"=", Operator::kEqual},        {"!=", Operator::kNotEqual}, {"<", Operator::kLess},
        {"<=", Operator::kLessOrEqual}, {">", Operator::kGreater},   {">=", Operator::kGreaterOrEqual}};
    for (const auto& [symbol, op] : kSymbols) {
      if (token.text == symbol) return op;
    }
  } else if (token.kind == Token::Kind::kWord) {
    if (IsKeyword(token.text, "LIKE")) return Operator::kLike;
    if (IsKeyword(token.text, "ILIKE")) return Operator::kIlike;
    if (IsKeyword(token.text, "IN")) return Operator::kIn;
    if (IsKeyword(token.text, "NOT") && lexer_.AtKeyword("IN")) {
      lexer_.Take();
      return Operator::kNotIn;
    }
    if (IsKeyword(token.text, "IS")) {
      const bool negated = lexer_.AtKeyword("NOT");
      if (negated) lexer_.Take();
      if (!lexer_.AtKeyword("NULL")) throw lexer_.Fault(lexer_.peek().column, "expected NULL after IS");
      lexer_.Take();
      return negated ? Operator::kIsNotNull : Operator::kIsNull;
    }
  }
  throw lexer_.Fault(token.column,
                     "expected an operator: = != < <= > >= LIKE ILIKE IN, NOT IN, IS NULL, IS NOT NULL");
}

void Parser::CheckOperator(const Field& field, Operator op, size_t column) const {
  using Kind = Attribute::Kind;
  bool allowed = false;
  switch (op) {
    case Operator::kEqual:
    case Operator::kNotEqual:
      allowed = field.kind != Kind::kOrdered;
      break;
    case Operator::kLess:
    case Operator::kLessOrEqual:
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
      allowed = field.kind == Kind::kNumber;
      break;
    case Operator::kLike:
    case Operator::kIlike:
      allowed = field.kind == Kind::kText || field.kind == Kind::kId;
      break;
    case Operator::kIn:
    case Operator::kNotIn:
      allowed = field.kind == Kind::kId;
      break;
    case Operator::kIsNull:
    case Operator::kIsNotNull:
      allowed = field.entity == Entity::kParam || field.entity == Entity::kTag;
      break;
  }
  if (allowed) return;
  if (field.kind == Kind::kOrdered) {
    throw lexer_.Fault(field.column, "this field can be ordered by, not filtered: " + Quoted(field.key));
  }
  throw lexer_.Fault(column, std::string("Invalid comparator for ") + Quoted(field.key) + "; it takes " +
                                 (field.kind == Kind::kNumber ? "= != < <= > >="
                                  : field.kind == Kind::kId   ? "= != LIKE ILIKE IN, NOT IN"
                                                              : "= != LIKE ILIKE"));
}

sql::Value Parser::TakeNumber(const Field& field) {
  const Token token = lexer_.Take();
  const std::string expected = "expected a number to compare " + Quoted(field.key) + " with";
  if (token.kind != Token::Kind::kNumber) throw lexer_.Fault(token.column, expected);
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
    throw lexer_.Fault(token.column, expected + ", got " + Quoted(token.text));
  }
  if (error != std::errc())
    throw lexer_.Fault(token.column, "number beyond the range of a double: " + Quoted(token.text));
  return real;
}

sql::Value Parser::TakeText(const Field& field) {
  const Token token = lexer_.Take();
  if (token.kind != Token::Kind::kQuoted) {
    throw lexer_.Fault(token.column,
                       "expected a quoted string value to compare " + Quoted(field.key) + " with");
  }
  if (token.text.find('\0') != std::string::npos)
    throw lexer_.Fault(token.column, "a value has no NUL characters");
  return token.text;
}

std::vector<sql::Value> Parser::TakeList(const Field& field) {
  if (!lexer_.AtSymbol("(")) throw lexer_.Fault(lexer_.peek().column, "expected a list: ('a', 'b')");
  std::vector<sql::Value> values;
  do {
    lexer_.Take();
    values.push_back(TakeText(field));
    if (++list_items_ > kMaxFilterListItems) {
      throw lexer_.Fault(lexer_.peek().column,
                         "lists have at most " + std::to_string(kMaxFilterListItems) + " items together");
    }
  } while (lexer_.AtSymbol(","));
  if (!lexer_.AtSymbol(")")) throw lexer_.Fault(lexer_.peek().column, "expected , or )");
  lexer_.Take();
  return values;
}

Clause Parser::TakeClause() {
  Field field = TakeField();
  const size_t column = lexer_.peek().column;
  const Operator op = TakeOperator();
  CheckOperator(field, op, column);
  Clause clause{.entity = field.entity, .op = op};
  if (op == Operator::kIn || op == Operator::kNotIn) {
    clause.values = TakeList(field);
  } else if (op != Operator::kIsNull && op != Operator::kIsNotNull) {
    clause.values.push_back(field.kind == Attribute::Kind::kNumber ? TakeNumber(field) : TakeText(field));
  }
  clause.key = std::move(field.key);
  return clause;
}

}  // namespace

std::vector<Clause> ParseFilter(std::string_view text, const Grammar& grammar) {
  if (text.size() > kMaxFilterBytes) {
    throw InvalidField("filter", "at most " + std::to_string(kMaxFilterBytes) + " bytes, got " +
                                     std::to_string(text.size()));
  }
  std::vector<Clause> clauses;
  FilterLexer lexer(text, "filter");
  if (lexer.peek().kind == Token::Kind::kEnd) return clauses;
  Parser parser(lexer, grammar);
  for (;;) {
    clauses.push_back(parser.TakeClause());
    if (lexer.peek().kind == Token::Kind::kEnd) return clauses;
    if (!lexer.AtKeyword("AND"))
      throw lexer.Fault(lexer.peek().column, "expected AND or the end; OR is not supported");
    if (clauses.size() == kMaxFilterClauses) {
      throw lexer.Fault(lexer.peek().column, "at most " + std::to_string(kMaxFilterClauses) + " clauses");
    }
    lexer.Take();
  }
}

std::vector<OrderTerm> ParseOrderBy(std::span<const std::string> items, const Grammar& grammar) {
  if (items.size() > kMaxOrderTerms) {
    throw InvalidField("order_by", "at most " + std::to_string(kMaxOrderTerms) + " fields, got " +
                                       std::to_string(items.size()));
  }
  std::vector<OrderTerm> terms;
  std::set<std::pair<Entity, std::string>> seen;
  for (const std::string& item : items) {
    FilterLexer lexer(item, "order_by");
    Field field = Parser(lexer, grammar).TakeField();
    OrderTerm term{.entity = field.entity, .key = std::move(field.key)};
    if (term.entity == Entity::kDataset) throw lexer.Fault(field.column, "datasets have no order");
    if (lexer.AtKeyword("ASC") || lexer.AtKeyword("DESC"))
      term.ascending = IsKeyword(lexer.Take().text, "ASC");
    if (lexer.peek().kind != Token::Kind::kEnd)
      throw lexer.Fault(lexer.peek().column, "expected ASC, DESC or the end");
    if (!seen.emplace(term.entity, term.key).second) {
      throw lexer.Fault(field.column, "order_by contains duplicate fields: " + Quoted(term.key));
    }
    terms.push_back(std::move(term));
  }
  return terms;
}

}  // namespace orrery::tracking
