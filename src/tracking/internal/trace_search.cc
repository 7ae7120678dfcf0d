#include <string>

#include "base/error.h"
#include "tracking/filter.h"
#include "tracking/internal/page.h"
#include "tracking/internal/trace_rows.h"
#include "tracking/keyset.h"

namespace orrery::tracking::internal {
namespace {

using Type = SortColumn::Type;

constexpr size_t kTraceColumns = 10;  // of TraceRow

constexpr Attribute kAttributes[] = {
    {"timestamp_ms", Attribute::Kind::kTime, "timestamp|request_time"},
    {"execution_time_ms", Attribute::Kind::kNumber, "execution_time|execution_duration"},
    {"trace_id", Attribute::Kind::kText, "request_id|id"},
    {"client_request_id", Attribute::Kind::kText},
    {"status", Attribute::Kind::kText, "state"},
    {"name", Attribute::Kind::kText, "trace_name", "mlflow.traceName"},
    {"run_id", Attribute::Kind::kText},
    {"text", Attribute::Kind::kText},
    {"experiment_id", Attribute::Kind::kOrdered},
};
constexpr Grammar kGrammar{.attributes = kAttributes, .tags = true, .metadata = true};

SortColumn ColumnOf(std::string_view attribute) {
  if (attribute == "timestamp_ms") return {"t.start_ms", Type::kInteger};
  if (attribute == "execution_time_ms") return {"t.duration_ms", Type::kInteger, true, true};
  if (attribute == "trace_id") return {"t.id", Type::kText};
  if (attribute == "client_request_id") return {"t.client_request_id", Type::kText};
  if (attribute == "experiment_id") return {"t.experiment_id", Type::kInteger};
  return {"t.state", Type::kText};
}

/// Both ways in which a trace belongs to a run: it was made inside it, or linked to it later.
Condition OfRun(const Clause& clause) {
  Condition made = OwnedText("trace_metadata", "trace_seq", "t.seq",
                             {.key = "mlflow.sourceRun", .op = clause.op, .values = clause.values});
  const Condition linked = Compare("o.run_id", clause);
  Condition out{"(" + made.sql + " OR EXISTS (SELECT 1 FROM trace_runs o WHERE o.trace_id = t.id AND " +
                    linked.sql + "))",
                std::move(made.values)};
  out.values.insert(out.values.end(), linked.values.begin(), linked.values.end());
  return out;
}

Condition ConditionOf(const Clause& clause) {
  if (clause.entity == Entity::kTag) return OwnedText("trace_tags", "trace_seq", "t.seq", clause);
  if (clause.entity == Entity::kMetadata) return OwnedText("trace_metadata", "trace_seq", "t.seq", clause);
  if (clause.key == "run_id") return OfRun(clause);
  if (clause.key == "text") {
    Condition held = Compare("s.text", clause);
    return {"EXISTS (SELECT 1 FROM trace_spans s WHERE s.trace_seq = t.seq AND " + held.sql + ")",
            std::move(held.values)};
  }
  return Compare(ColumnOf(clause.key).sql, clause);
}

std::vector<SortColumn> SortOf(const std::vector<std::string>& order_by) {
  std::vector<SortColumn> sort;
  for (const OrderTerm& term : ParseOrderBy(order_by, kGrammar)) {
    if (term.entity == Entity::kAttribute && term.key != "run_id" && term.key != "text") {
      sort.push_back(ColumnOf(term.key));
    } else if (term.entity == Entity::kTag && term.key == "mlflow.traceName") {
      sort.push_back(
          {"(SELECT o.value FROM trace_tags o WHERE o.trace_seq = t.seq AND o.key = 'mlflow.traceName')",
           Type::kText, true, true});
    } else {
      throw InvalidField("order_by", "traces are ordered by attributes alone, got " + Quoted(term.key));
    }
    sort.back().ascending = term.ascending;
  }
  if (sort.empty()) sort.push_back({"t.start_ms", Type::kInteger, false});
  sort.push_back({"t.id", Type::kText});
  return sort;
}

Condition Where(const TraceQuery& query) {
  Condition where;
  for (const int64_t id : query.experiment_ids) {
    where.sql += where.sql.empty() ? "t.experiment_id IN (?" : ", ?";
    where.values.emplace_back(id);
  }
  where.sql += ")";
  where.And(ToCondition(ParseFilter(query.filter, kGrammar), ConditionOf));
  return where;
}

}  // namespace

TracePage SearchTraces(sql::Reader& reader, const TraceQuery& query) {
  CheckLimit(query.limit);
  CheckExperiments(query.experiment_ids.size());
  const std::vector<SortColumn> sort = SortOf(query.order_by);
  std::vector<std::string> parts = query.order_by;
  for (const int64_t id : query.experiment_ids) parts.push_back(std::to_string(id));
  const std::string asked = QueryText("traces", query.filter, View::kAll, parts);
  std::vector<sql::Value> last;
  if (!query.page_token.empty()) last = DecodePageToken(query.page_token, asked, sort);
  if (query.experiment_ids.empty()) return {};

  Condition where = Where(query);
  if (!last.empty()) where.And(After(sort, last));
  const std::string sql = "SELECT " + sql::Columns<TraceRow>("t") + SelectSort(sort) +
                          " FROM traces t WHERE " + where.sql + " ORDER BY " + OrderSql(sort) + " LIMIT ?";
  where.values.emplace_back(query.limit + 1);
  std::vector<TraceRow> rows;
  std::vector<sql::Value> page_end;
  reader.ForEach(sql, where.values, [&](const sql::Row& row) {
    rows.push_back(sql::Read<TraceRow>(row));
    if (static_cast<int64_t>(rows.size()) == query.limit) page_end = SortValues(row, kTraceColumns, sort);
  });
  const bool more = static_cast<int64_t>(rows.size()) > query.limit;
  if (more) rows.pop_back();
  return {LoadTraces(reader, rows), more ? EncodePageToken(asked, page_end) : std::string()};
}

}  // namespace orrery::tracking::internal
