#include <string>

#include "tracking/filter.h"
#include "tracking/internal/model_rows.h"
#include "tracking/internal/page.h"
#include "tracking/internal/run_conditions.h"
#include "tracking/keyset.h"

namespace orrery::tracking::internal {
namespace {

using Type = SortColumn::Type;

constexpr size_t kModelColumns = 11;  // of ModelRow

constexpr Attribute kAttributes[] = {
    {"name", Attribute::Kind::kText},
    {"model_id", Attribute::Kind::kText},
    {"model_type", Attribute::Kind::kText},
    {"status", Attribute::Kind::kText},
    {"source_run_id", Attribute::Kind::kText},
    {"creation_timestamp", Attribute::Kind::kTime, "creation_time|creation_timestamp_ms"},
    {"last_updated_timestamp", Attribute::Kind::kTime, "last_updated_time|last_updated_timestamp_ms"},
};
constexpr Grammar kGrammar{.attributes = kAttributes, .metrics = true, .params = true, .tags = true};
constexpr Grammar kOrderGrammar{.attributes = kAttributes, .metrics = true};

SortColumn ColumnOf(std::string_view attribute) {
  if (attribute == "name") return {"m.name", Type::kText};
  if (attribute == "model_id") return {"m.id", Type::kText};
  if (attribute == "model_type") return {"m.model_type", Type::kText};
  if (attribute == "status") return {"m.status", Type::kText};
  if (attribute == "source_run_id") return {"m.source_run_id", Type::kText};
  if (attribute == "creation_timestamp") return {"m.created_ms", Type::kInteger};
  return {"m.updated_ms", Type::kInteger};
}

/// The metrics `f` on one of `datasets`; empty for all of them.
Condition OnDatasets(const std::vector<DatasetChoice>& datasets) {
  Condition out;
  for (const DatasetChoice& dataset : datasets) {
    out.sql += out.sql.empty() ? "(f.dataset_name = ?" : " OR (f.dataset_name = ?";
    out.values.emplace_back(dataset.name);
    if (dataset.digest) {
      out.sql += " AND f.dataset_digest = ?";
      out.values.emplace_back(*dataset.digest);
    }
    out.sql += ")";
  }
  return out;
}

Condition HasMetric(Condition metric) {
  return {"EXISTS (SELECT 1 FROM logged_model_metrics f WHERE f.model_seq = m.seq AND " + metric.sql + ")",
          std::move(metric.values)};
}

Condition ConditionOf(const Clause& clause, const Condition& on_datasets) {
  switch (clause.entity) {
    case Entity::kParam:
      return OwnedText("logged_model_params", "model_seq", "m.seq", clause);
    case Entity::kTag:
      return OwnedText("logged_model_tags", "model_seq", "m.seq", clause);
    case Entity::kMetric: {
      const bool absent = clause.op == Operator::kIsNull;
      Condition metric{"f.key = ?", {clause.key}};
      if (!absent && clause.op != Operator::kIsNotNull) metric.And(MetricCondition("f.value", clause));
      metric.And(on_datasets);
      Condition has = HasMetric(std::move(metric));
      return absent ? Condition{"NOT " + has.sql, std::move(has.values)} : has;
    }
    default:
      return Compare(ColumnOf(clause.key).sql, clause);
  }
}

/// The rows of logged_models as `m`, with a column for each metric that they are ordered by.
struct Source {
  std::string columns = "l.*";
  std::vector<sql::Value> values;
  std::vector<SortColumn> sort;

  void Add(const LoggedModelOrder& order);
};

void Source::Add(const LoggedModelOrder& order) {
  const OrderTerm term = ParseOrderBy(std::vector<std::string>{order.field}, kOrderGrammar).front();
  if (term.entity != Entity::kMetric) {
    sort.push_back(ColumnOf(term.key));
    sort.back().ascending = order.ascending;
    return;
  }
  const std::string name = "k" + std::to_string(sort.size());
  columns += ", (SELECT x.value FROM logged_model_metrics x WHERE x.model_seq = l.seq AND x.key = ?";
  values.emplace_back(term.key);
  if (order.dataset_name) {
    columns += " AND x.dataset_name = ?";
    values.emplace_back(*order.dataset_name);
  }
  if (order.dataset_digest) {
    columns += " AND x.dataset_digest = ?";
    values.emplace_back(*order.dataset_digest);
  }
  columns += " ORDER BY x.timestamp_ms DESC, x.step DESC LIMIT 1) AS " + name;
  sort.push_back({"m." + name, Type::kReal, order.ascending, true});
}

Condition Where(const LoggedModelQuery& query) {
  Condition where = StageIs("m.lifecycle_stage", View::kActiveOnly);
  Condition experiments;
  for (const int64_t id : query.experiment_ids) {
    experiments.sql += experiments.sql.empty() ? "m.experiment_id IN (?" : ", ?";
    experiments.values.emplace_back(id);
  }
  experiments.sql += ")";
  where.And(experiments);
  const Condition on_datasets = OnDatasets(query.datasets);
  bool metric_asked = false;
  where.And(ToCondition(ParseFilter(query.filter, kGrammar), [&](const Clause& clause) {
    metric_asked = metric_asked || clause.entity == Entity::kMetric;
    return ConditionOf(clause, on_datasets);
  }));
  // Datasets without a metric to narrow stand for "has any metric on one of them".
  if (!metric_asked && !query.datasets.empty())
    where.And(HasMetric({"(" + on_datasets.sql + ")", on_datasets.values}));
  return where;
}

/// What a page token is tied to.
std::string Asked(const LoggedModelQuery& query) {
  std::vector<std::string> parts;
  for (const LoggedModelOrder& order : query.order_by) {
    parts.push_back(order.field + (order.ascending ? " ASC" : " DESC"));
    parts.push_back(order.dataset_name.value_or("") + "@" + order.dataset_digest.value_or(""));
  }
  for (const DatasetChoice& dataset : query.datasets)
    parts.push_back(dataset.name + "@" + dataset.digest.value_or(""));
  for (const int64_t id : query.experiment_ids) parts.push_back(std::to_string(id));
  return QueryText("logged_models", query.filter, View::kActiveOnly, parts);
}

}  // namespace

LoggedModelPage SearchModels(sql::Reader& reader, const LoggedModelQuery& query) {
  CheckLimit(query.limit);
  CheckExperiments(query.experiment_ids.size());
  Source source;
  for (const LoggedModelOrder& order : query.order_by) source.Add(order);
  if (query.order_by.empty()) source.sort.push_back({"m.created_ms", Type::kInteger, false});
  source.sort.push_back({"m.id", Type::kText});
  const std::string asked = Asked(query);
  std::vector<sql::Value> last;
  if (!query.page_token.empty()) last = DecodePageToken(query.page_token, asked, source.sort);
  if (query.experiment_ids.empty()) return {};

  Condition where = Where(query);
  if (!last.empty()) where.And(After(source.sort, last));
  const std::string sql = "SELECT " + sql::Columns<ModelRow>("m") + SelectSort(source.sort) +
                          " FROM (SELECT " + source.columns + " FROM logged_models l) m WHERE " + where.sql +
                          " ORDER BY " + OrderSql(source.sort) + " LIMIT ?";
  std::vector<sql::Value> values = source.values;
  values.insert(values.end(), where.values.begin(), where.values.end());
  values.emplace_back(query.limit + 1);

  std::vector<ModelRow> rows;
  std::vector<sql::Value> page_end;
  reader.ForEach(sql, values, [&](const sql::Row& row) {
    rows.push_back(sql::Read<ModelRow>(row));
    if (static_cast<int64_t>(rows.size()) == query.limit)
      page_end = SortValues(row, kModelColumns, source.sort);
  });
  const bool more = static_cast<int64_t>(rows.size()) > query.limit;
  if (more) rows.pop_back();
  return {LoadModels(reader, rows), more ? EncodePageToken(asked, page_end) : std::string()};
}

}  // namespace orrery::tracking::internal
