#include <algorithm>
#include <utility>

#include "models/internal/rows.h"
#include "models/models.h"
#include "tracking/filter.h"
#include "tracking/keyset.h"

namespace orrery::models {
namespace {

using tracking::Attribute;
using tracking::Clause;
using tracking::Condition;
using tracking::Entity;
using tracking::Expression;
using tracking::Operator;
using tracking::SortColumn;

constexpr std::string_view kPromptTag = "mlflow.prompt.is_prompt";

/// What differs between the search of models and that of versions.
struct Listing {
  tracking::Grammar grammar;
  std::vector<std::pair<std::string_view, SortColumn>> columns;  ///< attribute -> its column
  std::string tag_exists;  ///< "EXISTS (SELECT 1 ... WHERE t.key = ?"; a condition on t.value may follow
  std::string select;      ///< up to WHERE
  std::vector<SortColumn> tie_breakers;  ///< together unique
  int64_t most = 0;
};

const SortColumn& ColumnOf(const Listing& listing, std::string_view attribute) {
  const auto found = std::find_if(listing.columns.begin(), listing.columns.end(),
                                  [&](const auto& pair) { return pair.first == attribute; });
  return found->second;
}

Condition ConditionOf(const Listing& listing, const Clause& clause) {
  if (clause.entity == Entity::kAttribute)
    return tracking::Compare(ColumnOf(listing, clause.key).sql, clause);
  if (clause.op == Operator::kIsNull) return {"NOT " + listing.tag_exists + ")", {clause.key}};
  if (clause.op == Operator::kIsNotNull) return {listing.tag_exists + ")", {clause.key}};
  Condition value = tracking::Compare("t.value", clause);
  Condition out{listing.tag_exists + " AND " + value.sql + ")", {clause.key}};
  out.values.insert(out.values.end(), value.values.begin(), value.values.end());
  return out;
}

/// What a clause on the prompt tag says, unless it is about something else.
std::optional<bool> WantsPrompts(const Clause& clause) {
  if (clause.entity != Entity::kTag || clause.key != kPromptTag || clause.values.size() != 1)
    return std::nullopt;
  const auto* value = std::get_if<std::string>(&clause.values[0]);
  const bool says_true = value != nullptr && *value == "true";
  return (clause.op == Operator::kEqual) == says_true;
}

// A clause on the prompt tag that must hold decides whether prompts or models are listed: models have no such tag to
// compare.
Condition PromptCondition(Expression& filter) {
  bool wants_prompts = false;
  const auto decide = [&](const Expression& part) {
    const auto said = part.kind == Expression::Kind::kClause ? WantsPrompts(part.clause) : std::nullopt;
    if (said) wants_prompts = *said;
    return said.has_value();
  };
  if (filter.kind == Expression::Kind::kAll) {
    std::erase_if(filter.parts, decide);
  } else if (decide(filter)) {
    filter = {};
  }
  const std::string exists =
      "EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.model = m.id AND p.key = ?"
      " AND p.value = 'true')";
  return {wants_prompts ? exists : "NOT " + exists, {std::string(kPromptTag)}};
}

std::vector<SortColumn> SortOf(const Listing& listing, const std::vector<std::string>& order_by) {
  std::vector<SortColumn> sort;
  for (const auto& term : tracking::ParseOrderBy(order_by, listing.grammar)) {
    if (term.entity != Entity::kAttribute)
      throw InvalidField("order_by", "only attributes have an order here");
    sort.push_back(ColumnOf(listing, term.key));
    sort.back().ascending = term.ascending;
  }
  for (const SortColumn& column : listing.tie_breakers) {
    const bool named = std::any_of(sort.begin(), sort.end(),
                                   [&](const SortColumn& other) { return other.sql == column.sql; });
    if (!named) sort.push_back(column);
  }
  return sort;
}

std::string QueryText(const SearchRequest& request) {
  std::string text = request.filter;
  for (const std::string& item : request.order_by) text += '\n' + item;
  return text;
}

/// Calls `visit` for each row of the page; `width` columns of the row come before its sort values.
std::optional<std::string> RunSearch(sql::Reader& reader, const Listing& listing,
                                     const SearchRequest& request, size_t width,
                                     const std::function<void(const sql::Row&)>& visit) {
  if (request.max_results < 1 || request.max_results > listing.most) {
    throw Error(Code::kInvalidArgument,
                "Invalid value " + std::to_string(request.max_results) +
                    " for parameter 'max_results' supplied: expected 1 to " + std::to_string(listing.most),
                "max_results");
  }
  tracking::Expression filter = tracking::ParseFilter(request.filter, listing.grammar);
  Condition where = PromptCondition(filter);
  where.And(
      tracking::ToCondition(filter, [&](const Clause& clause) { return ConditionOf(listing, clause); }));
  const std::vector<SortColumn> sort = SortOf(listing, request.order_by);
  const std::string query = QueryText(request);
  if (!request.page_token.empty()) {
    where.And(tracking::After(sort, tracking::DecodePageToken(request.page_token, query, sort)));
  }
  std::string sql = listing.select;
  const size_t from = sql.find(" FROM ");
  std::string keys;
  for (const SortColumn& column : sort) keys += ", " + column.sql;
  sql.insert(from, keys);
  sql += " WHERE " + where.sql + " ORDER BY " + tracking::OrderSql(sort) + " LIMIT ?";
  where.values.push_back(request.max_results + 1);

  int64_t rows = 0;
  std::vector<sql::Value> last;
  reader.ForEach(sql, where.values, [&](const sql::Row& row) {
    if (++rows > request.max_results) return;
    visit(row);
    last = tracking::SortValues(row, width, sort);
  });
  if (rows <= request.max_results) return std::nullopt;
  return tracking::EncodePageToken(query, last);
}

const Listing& ModelListing() {
  using Kind = Attribute::Kind;
  static constexpr Attribute kAttributes[] = {
      {"name", Kind::kText},
      {"creation_timestamp", Kind::kOrdered},
      {"last_updated_timestamp", Kind::kOrdered, "timestamp"},
  };
  static const Listing kListing{
      .grammar = {.attributes = kAttributes, .tags = true},
      .columns = {{"name", {"m.name", SortColumn::Type::kText}},
                  {"creation_timestamp", {"m.created_at", SortColumn::Type::kInteger}},
                  {"last_updated_timestamp", {"m.updated_at", SortColumn::Type::kInteger}}},
      .tag_exists = "EXISTS (SELECT 1 FROM registered_model_tags t WHERE t.model = m.id AND t.key = ?",
      .select = "SELECT " + sql::Columns<ModelRow>("m") + " FROM registered_models m",
      .tie_breakers = {{.sql = "m.name"}},
      .most = 1'000};
  return kListing;
}

const Listing& VersionListing() {
  using Kind = Attribute::Kind;
  static constexpr Attribute kAttributes[] = {
      {"name", Kind::kText},
      {"run_id", Kind::kText},
      {"source_path", Kind::kText},
      {"version_number", Kind::kNumber},
      {"creation_timestamp", Kind::kOrdered},
      {"last_updated_timestamp", Kind::kOrdered},
  };
  static const Listing kListing{
      .grammar = {.attributes = kAttributes, .tags = true},
      .columns = {{"name", {"m.name", SortColumn::Type::kText}},
                  {"run_id", {.sql = "v.run_id", .nullable = true}},
                  {"source_path", {"v.source", SortColumn::Type::kText}},
                  {"version_number", {"v.version", SortColumn::Type::kInteger}},
                  {"creation_timestamp", {"v.created_at", SortColumn::Type::kInteger}},
                  {"last_updated_timestamp", {"v.updated_at", SortColumn::Type::kInteger}}},
      .tag_exists =
          "EXISTS (SELECT 1 FROM model_version_tags t WHERE t.model = v.model AND t.version = v.version"
          " AND t.key = ?",
      .select = "SELECT " + sql::Columns<VersionRow>("v") +
                ", m.name FROM model_versions v JOIN registered_models m ON m.id = v.model",
      .tie_breakers = {{.sql = "m.name"},
                       {.sql = "v.version", .type = SortColumn::Type::kInteger, .ascending = false}},
      .most = 200'000};
  return kListing;
}

}  // namespace

Page<RegisteredModel> Registry::Search(const SearchRequest& request) {
  return database_.Read([&](sql::Reader& reader) {
    std::vector<ModelRow> rows;
    Page<RegisteredModel> page;
    page.next_page_token = RunSearch(reader, ModelListing(), request, 6,
                                     [&](const sql::Row& row) { rows.push_back(sql::Read<ModelRow>(row)); });
    for (const ModelRow& row : rows) page.items.push_back(Complete(reader, row));
    return page;
  });
}

Page<ModelVersion> Registry::SearchVersions(const SearchRequest& request) {
  SearchRequest ordered = request;
  if (ordered.order_by.empty()) ordered.order_by = {"last_updated_timestamp DESC"};
  return database_.Read([&](sql::Reader& reader) {
    std::vector<std::pair<VersionRow, std::string>> rows;
    Page<ModelVersion> page;
    page.next_page_token = RunSearch(reader, VersionListing(), ordered, 12, [&](const sql::Row& row) {
      rows.emplace_back(sql::Read<VersionRow>(row), sql::Get<std::string>(row, 11));
    });
    for (const auto& [row, name] : rows) page.items.push_back(Complete(reader, name, row));
    return page;
  });
}

}  // namespace orrery::models
