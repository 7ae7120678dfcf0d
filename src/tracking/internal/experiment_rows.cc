#include "tracking/internal/experiment_rows.h"

#include <unordered_map>

#include "base/error.h"
#include "tracking/filter.h"
#include "tracking/internal/checks.h"
#include "tracking/internal/page.h"
#include "tracking/internal/rows_of.h"
#include "tracking/keyset.h"

namespace orrery::tracking::internal {
namespace {

constexpr Attribute kAttributes[] = {
    {"name", Attribute::Kind::kText},
    {"experiment_id", Attribute::Kind::kText},
    {"creation_time", Attribute::Kind::kNumber, "created_at"},
    {"last_update_time", Attribute::Kind::kNumber},
};
constexpr Grammar kGrammar{.attributes = kAttributes, .tags = true};

SortColumn ColumnOf(std::string_view attribute) {
  if (attribute == "name") return {"e.name", SortColumn::Type::kText};
  if (attribute == "experiment_id") return {"e.id", SortColumn::Type::kInteger};
  if (attribute == "creation_time") return {"e.created_ms", SortColumn::Type::kInteger};
  return {"e.updated_ms", SortColumn::Type::kInteger};
}

Condition ConditionOf(const Clause& clause) {
  if (clause.entity == Entity::kTag) return OwnedText("experiment_tags", "experiment_id", "e.id", clause);
  // Ids are compared as their text: '07' is no experiment.
  if (clause.key == "experiment_id") return Compare("CAST(e.id AS TEXT)", clause);
  return Compare(ColumnOf(clause.key).sql, clause);
}

std::vector<SortColumn> SortOf(const std::vector<std::string>& order_by) {
  std::vector<SortColumn> columns;
  bool by_id = false;
  for (const OrderTerm& term : ParseOrderBy(order_by, {.attributes = kAttributes})) {
    columns.push_back(ColumnOf(term.key));
    columns.back().ascending = term.ascending;
    by_id = by_id || term.key == "experiment_id";
  }
  if (columns.empty()) columns.push_back({"e.created_ms", SortColumn::Type::kInteger, false});
  if (!by_id) columns.push_back({"e.id", SortColumn::Type::kInteger});
  return columns;
}

}  // namespace

std::optional<ExperimentRow> FindExperiment(sql::Reader& reader, int64_t id) {
  static const std::string kSql =
      "SELECT " + sql::Columns<ExperimentRow>() + " FROM experiments WHERE id = ?";
  return reader.First<ExperimentRow>(kSql, id);
}

ExperimentRow RequireExperiment(sql::Reader& reader, int64_t id) {
  auto row = FindExperiment(reader, id);
  if (!row)
    throw Error(Code::kNotFound, "No Experiment with id=" + std::to_string(id) + " exists", "experiment_id");
  return *row;
}

ExperimentRow RequireActiveExperiment(sql::Reader& reader, int64_t id) {
  ExperimentRow row = RequireExperiment(reader, id);
  if (row.lifecycle_stage != LifecycleStage::kActive) {
    throw Error(Code::kFailedPrecondition,
                "The experiment " + std::to_string(id) +
                    " must be in the 'active' state; it is deleted: restore it first",
                "experiment_id");
  }
  return row;
}

std::vector<Experiment> LoadExperiments(sql::Reader& reader, const std::vector<ExperimentRow>& rows) {
  std::vector<Experiment> out;
  std::vector<int64_t> ids;
  std::unordered_map<int64_t, size_t> places;
  for (const ExperimentRow& row : rows) {
    places[row.id] = out.size();
    ids.push_back(row.id);
    out.push_back(
        {row.id, row.name, row.artifact_location, row.lifecycle_stage, row.created_ms, row.updated_ms, {}});
  }
  VisitRowsOf(reader, "SELECT experiment_id, key, value FROM experiment_tags WHERE experiment_id",
              " ORDER BY experiment_id, key", ids, [&](const sql::Row& row) {
                out[places.at(row.Int(0))].tags.push_back(sql::Read<Tag>(row, 1));
              });
  return out;
}

ExperimentPage SearchExperiments(sql::Reader& reader, const ExperimentQuery& query) {
  CheckLimit(query.limit);
  const std::vector<SortColumn> sort = SortOf(query.order_by);
  Condition where = StageIs("e.lifecycle_stage", query.view);
  where.And(ToCondition(ParseFilter(query.filter, kGrammar), ConditionOf));
  const std::string asked = QueryText("experiments", query.filter, query.view, query.order_by);
  if (!query.page_token.empty()) where.And(After(sort, DecodePageToken(query.page_token, asked, sort)));

  std::string sql = "SELECT " + sql::Columns<ExperimentRow>("e") + SelectSort(sort) + " FROM experiments e";
  if (!where.sql.empty()) sql += " WHERE " + where.sql;
  sql += " ORDER BY " + OrderSql(sort) + " LIMIT ?";
  where.values.emplace_back(query.limit + 1);

  std::vector<ExperimentRow> rows;
  std::vector<sql::Value> last;
  bool more = false;
  reader.ForEach(sql, where.values, [&](const sql::Row& row) {
    if (static_cast<int64_t>(rows.size()) == query.limit) {
      more = true;
      return;
    }
    rows.push_back(sql::Read<ExperimentRow>(row));
    if (static_cast<int64_t>(rows.size()) == query.limit) last = SortValues(row, 6, sort);
  });
  return {LoadExperiments(reader, rows), more ? EncodePageToken(asked, last) : std::string()};
}

}  // namespace orrery::tracking::internal
