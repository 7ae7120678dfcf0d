#include "tracking/internal/filter_fields.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace orrery::tracking::internal {
namespace {

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
    {"metadata", Entity::kMetadata},
    {"request_metadata", Entity::kMetadata},
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
    case Entity::kMetadata:
      return grammar.metadata;
  }
  return false;
}

std::string EntityChoices(const Grammar& grammar) {
  std::string out = "attributes";
  for (const auto& [name, entity] :
       {EntityName{"metrics", Entity::kMetric}, EntityName{"params", Entity::kParam},
        EntityName{"tags", Entity::kTag}, EntityName{"datasets", Entity::kDataset},
        EntityName{"metadata", Entity::kMetadata}}) {
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

constexpr std::pair<std::string_view, Aggregate> kAggregates[] = {{"LAST", Aggregate::kLast},
                                                                  {"MIN", Aggregate::kMin},
                                                                  {"MAX", Aggregate::kMax},
                                                                  {"FIRST", Aggregate::kFirst}};

bool IsQuotedKey(const Token& token) {
  return token.kind == Token::Kind::kBackticked || (token.kind == Token::Kind::kQuoted && token.quote == '"');
}

/// The entity that a word names and the key behind its dot; the rest of the word is all key without one.
std::pair<std::optional<Entity>, std::string> Split(FilterLexer& lexer, const Grammar& grammar,
                                                    const Token& token) {
  if (IsQuotedKey(token)) return {std::nullopt, token.text};
  if (token.kind != Token::Kind::kWord)
    throw lexer.Fault(token.column, "expected a field such as metrics.loss");
  const size_t dot = token.text.find('.');
  if (dot == std::string::npos) return {std::nullopt, token.text};
  const std::string prefix = token.text.substr(0, dot);
  std::string key = token.text.substr(dot + 1);
  const Token& next = lexer.peek();
  if (key.empty() && next.joined &&
      (next.kind == Token::Kind::kBackticked || next.kind == Token::Kind::kQuoted)) {
    key = lexer.Take().text;
  }
  for (const auto& [name, entity] : kEntityNames) {
    if (prefix == name && Allows(grammar, entity)) return {entity, std::move(key)};
  }
  if (grammar.metadata && prefix == "trace") return {Entity::kAttribute, std::move(key)};
  throw lexer.Fault(token.column,
                    "Invalid entity type " + Quoted(prefix) + "; valid ones are " + EntityChoices(grammar));
}

void ResolveAttribute(Field& field, const FilterLexer& lexer, const Grammar& grammar) {
  std::string choices;
  for (const Attribute& attribute : grammar.attributes) {
    if (field.key == attribute.name || IsAlias(attribute.aliases, field.key)) {
      field.kind = attribute.kind;
      field.key = attribute.tag.empty() ? attribute.name : attribute.tag;
      if (!attribute.tag.empty()) field.entity = Entity::kTag;
      return;
    }
    (choices += choices.empty() ? "" : ", ") += attribute.name;
  }
  throw lexer.Fault(field.column,
                    "Invalid attribute key " + Quoted(field.key) + "; valid ones are " + choices);
}

Field FieldFrom(FilterLexer& lexer, const Grammar& grammar, const Token& token) {
  Field field{.column = token.column};
  auto [entity, key] = Split(lexer, grammar, token);
  field.entity = entity.value_or(Entity::kAttribute);
  field.key = std::move(key);
  if (field.key.empty()) throw lexer.Fault(field.column, "the key is missing");
  if (field.key.find('\0') != std::string::npos)
    throw lexer.Fault(field.column, "a key has no NUL characters");
  if (field.entity == Entity::kAttribute) ResolveAttribute(field, lexer, grammar);
  if (field.entity == Entity::kMetric) field.kind = Attribute::Kind::kNumber;
  field.numeric = field.entity == Entity::kParam && grammar.numeric_params;
  const bool dataset_key = field.key == "name" || field.key == "digest" || field.key == "context";
  if (field.entity == Entity::kDataset && !dataset_key) {
    throw lexer.Fault(field.column,
                      "Invalid dataset key " + Quoted(field.key) + "; valid ones are name, digest, context");
  }
  return field;
}

std::optional<Aggregate> AggregateOf(const Token& token) {
  for (const auto& [name, aggregate] : kAggregates) {
    if (token.kind == Token::Kind::kWord && IsKeyword(token.text, name)) return aggregate;
  }
  return std::nullopt;
}

}  // namespace

Field TakeField(FilterLexer& lexer, const Grammar& grammar) {
  const Token token = lexer.Take();
  const auto aggregate = AggregateOf(token);
  if (!aggregate || !grammar.aggregates || !lexer.AtSymbol("(")) return FieldFrom(lexer, grammar, token);
  lexer.Take();
  Field field = FieldFrom(lexer, grammar, lexer.Take());
  if (field.entity != Entity::kMetric)
    throw lexer.Fault(field.column, "only metrics have a last, min, max and first value");
  if (!lexer.AtSymbol(")")) throw lexer.Fault(lexer.peek().column, "expected )");
  lexer.Take();
  field.aggregate = *aggregate;
  return field;
}

}  // namespace orrery::tracking::internal
