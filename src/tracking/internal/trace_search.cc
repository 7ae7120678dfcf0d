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
    {"end_time_ms", Attribute::Kind::kTime, "end_time"},
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
  if (attribute == "end_time_ms") return {"(t.start_ms + t.duration_ms)", Type::kInteger, true, true};
  // One that none was given is none, also to "!=".
  if (attribute == "client_request_id") return {"NULLIF(t.client_request_id, '')", Type::kText, true, true};
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

/// What a search is ordered by: columns, and a join for each tag or piece of metadata among them.
struct Sort {
  std::vector<SortColumn> columns;
  std::string joins;
  std::vector<sql::Value> join_values;

  void AddJoin(const std::string& table, const std::string& key, bool ascending) {
    const std::string alias = "o" + std::to_string(join_values.size());
    joins +=
        " LEFT JOIN " + table + " " + alias + " ON " + alias + ".trace_seq = t.seq AND " + alias + ".key = ?";
    join_values.emplace_back(key);
    columns.push_back({alias + ".value", Type::kText, ascending, true});
  }
};

Sort SortOf(const std::vector<std::string>& order_by) {
  Sort sort;
  bool by_start = false;
  for (const OrderTerm& term : ParseOrderBy(order_by, kGrammar)) {
    if (term.entity == Entity::kTag) {
      sort.AddJoin("trace_tags", term.key, term.ascending);
    } else if (term.entity == Entity::kMetadata) {
      sort.AddJoin("trace_metadata", term.key, term.ascending);
    } else if (term.key == "run_id") {
      sort.AddJoin("trace_metadata", "mlflow.sourceRun", term.ascending);
    } else if (term.key == "text") {
      throw InvalidField("order_by", "the text of a trace has no order");
    } else {
      by_start = by_start || term.key == "timestamp_ms";
      sort.columns.push_back(ColumnOf(term.key));
      sort.columns.back().ascending = term.ascending;
    }
  }
  if (!by_start) sort.columns.push_back({"t.start_ms", Type::kInteger, false});
  sort.columns.push_back({"t.id", Type::kText});
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
  const Sort order = SortOf(query.order_by);
  const std::vector<SortColumn>& sort = order.columns;
  std::vector<std::string> parts = query.order_by;
  for (const int64_t id : query.experiment_ids) parts.push_back(std::to_string(id));
  const std::string asked = QueryText("traces", query.filter, View::kAll, parts);
  std::vector<sql::Value> last;
  if (!query.page_token.empty()) last = DecodePageToken(query.page_token, asked, sort);
  if (query.experiment_ids.empty()) return {};

  Condition where = Where(query);
  if (!last.empty()) where.And(After(sort, last));
  const std::string sql = "SELECT " + sql::Columns<TraceRow>("t") + SelectSort(sort) + " FROM traces t" +
                          order.joins + " WHERE " + where.sql + " ORDER BY " + OrderSql(sort) + " LIMIT ?";
  std::vector<sql::Value> values = order.join_values;
  values.insert(values.end(), where.values.begin(), where.values.end());
  values.emplace_back(query.limit + 1);
  std::vector<TraceRow> rows;
  std::vector<sql::Value> page_end;
  reader.ForEach(sql, values, [&](const sql::Row& row) {
    rows.push_back(sql::Read<TraceRow>(row));
    if (static_cast<int64_t>(rows.size()) == query.limit) page_end = SortValues(row, kTraceColumns, sort);
  });
  const bool more = static_cast<int64_t>(rows.size()) > query.limit;
  if (more) rows.pop_back();
  return {LoadTraces(reader, rows), more ? EncodePageToken(asked, page_end) : std::string()};
}

}  // namespace orrery::tracking::internal
