#include "tracking/filter.h"

#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "tracking/internal/filter_clauses.h"
#include "tracking/internal/filter_fields.h"
#include "tracking/internal/filter_lexer.h"
#include "tracking/limits.h"

namespace orrery::tracking {
namespace {

using internal::FilterLexer;
using internal::IsKeyword;
using internal::Token;

/// Recursive descent, one function a rule of the grammar.
class FilterParser {
 public:
  FilterParser(FilterLexer& lexer, const Grammar& grammar) : lexer_(lexer), grammar_(grammar) {}

  Expression TakeAny() { return TakeJoined(Expression::Kind::kAny, "OR", &FilterParser::TakeAll); }

 private:
  Expression TakeAll() { return TakeJoined(Expression::Kind::kAll, "AND", &FilterParser::TakePart); }
  Expression TakeJoined(Expression::Kind kind, std::string_view keyword, Expression (FilterParser::*take)());
  Expression TakePart();
  Expression TakeGroup();
  void Deepen(size_t column);

  FilterLexer& lexer_;
  const Grammar& grammar_;
  size_t clauses_ = 0;
  size_t list_items_ = 0;
  size_t depth_ = 0;
};

Expression FilterParser::TakeJoined(Expression::Kind kind, std::string_view keyword,
                                    Expression (FilterParser::*take)()) {
  Expression first = (this->*take)();
  if (!lexer_.AtKeyword(keyword)) return first;
  Expression joined{.kind = kind, .clause = {}, .parts = {}};
  joined.parts.push_back(std::move(first));
  while (lexer_.AtKeyword(keyword)) {
    lexer_.Take();
    joined.parts.push_back((this->*take)());
  }
  return joined;
}

Expression FilterParser::TakePart() {
  if (lexer_.AtSymbol("(")) return TakeGroup();
  if (lexer_.AtKeyword("NOT")) {
    Deepen(lexer_.Take().column);
    Expression negated{.kind = Expression::Kind::kNot, .clause = {}, .parts = {}};
    negated.parts.push_back(TakePart());
    --depth_;
    return negated;
  }
  if (clauses_++ == kMaxFilterClauses) {
    throw lexer_.Fault(lexer_.peek().column, "at most " + std::to_string(kMaxFilterClauses) + " clauses");
  }
  Expression leaf{.kind = Expression::Kind::kClause, .clause = {}, .parts = {}};
  leaf.clause = internal::TakeClause(lexer_, grammar_, list_items_);
  return leaf;
}

Expression FilterParser::TakeGroup() {
  Deepen(lexer_.Take().column);
  Expression group = TakeAny();
  if (!lexer_.AtSymbol(")")) throw lexer_.Fault(lexer_.peek().column, "expected AND, OR or )");
  lexer_.Take();
  --depth_;
  return group;
}

void FilterParser::Deepen(size_t column) {
  if (++depth_ <= kMaxFilterDepth) return;
  throw lexer_.Fault(column, "parentheses and NOT nest at most " + std::to_string(kMaxFilterDepth) + " deep");
}

}  // namespace

Expression ParseFilter(std::string_view text, const Grammar& grammar) {
  if (text.size() > kMaxFilterBytes) {
    throw InvalidField("filter", "at most " + std::to_string(kMaxFilterBytes) + " bytes, got " +
                                     std::to_string(text.size()));
  }
  FilterLexer lexer(text, "filter");
  if (lexer.peek().kind == Token::Kind::kEnd) return {};
  Expression expression = FilterParser(lexer, grammar).TakeAny();
  if (lexer.peek().kind != Token::Kind::kEnd)
    throw lexer.Fault(lexer.peek().column, "expected AND, OR or the end");
  return expression;
}

std::vector<OrderTerm> ParseOrderBy(std::span<const std::string> items, const Grammar& grammar) {
  if (items.size() > kMaxOrderTerms) {
    throw InvalidField("order_by", "at most " + std::to_string(kMaxOrderTerms) + " fields, got " +
                                       std::to_string(items.size()));
  }
  std::vector<OrderTerm> terms;
  std::set<std::tuple<Entity, std::string, Aggregate>> seen;
  for (const std::string& item : items) {
    FilterLexer lexer(item, "order_by");
    internal::Field field = internal::TakeField(lexer, grammar);
    OrderTerm term{.entity = field.entity, .key = std::move(field.key), .aggregate = field.aggregate};
    if (term.entity == Entity::kDataset) throw lexer.Fault(field.column, "datasets have no order");
    if (lexer.AtKeyword("ASC") || lexer.AtKeyword("DESC"))
      term.ascending = IsKeyword(lexer.Take().text, "ASC");
    if (lexer.peek().kind != Token::Kind::kEnd)
      throw lexer.Fault(lexer.peek().column, "expected ASC, DESC or the end");
    if (!seen.emplace(term.entity, term.key, term.aggregate).second) {
      throw lexer.Fault(field.column, "order_by contains duplicate fields: " + Quoted(term.key));
    }
    terms.push_back(std::move(term));
  }
  return terms;
}

}  // namespace orrery::tracking
