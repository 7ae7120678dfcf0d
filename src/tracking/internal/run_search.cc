#include "tracking/internal/run_search.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "tracking/internal/page.h"
#include "tracking/internal/run_conditions.h"
#include "tracking/internal/run_rows.h"
#include "tracking/keyset.h"

namespace orrery::tracking::internal {
namespace {

using Type = SortColumn::Type;

constexpr size_t kRunColumns = 10;  // of RunRow

/// A sort and the joins that its columns come from.
struct Sort {
  std::string joins;
  std::vector<sql::Value> join_values;
  std::vector<SortColumn> columns;

  void AddTerm(const OrderTerm& term);
  void AddJoin(const std::string& table, const std::string& alias, const std::string& key);
};

void Sort::AddJoin(const std::string& table, const std::string& alias, const std::string& key) {
  joins +=
      " LEFT JOIN " + table + " " + alias + " ON " + alias + ".run_seq = r.seq AND " + alias + ".key = ?";
  join_values.emplace_back(key);
}

void Sort::AddTerm(const OrderTerm& term) {
  const std::string alias = "o" + std::to_string(join_values.size());
  switch (term.entity) {
    case Entity::kMetric:
      AddJoin("metric_series", alias, term.key);
      columns.push_back({"(CASE WHEN " + alias + ".id IS NULL THEN 2 WHEN " + alias + "." +
                             MetricColumn(term.aggregate) + " IS NULL THEN 1 ELSE 0 END)",
                         Type::kInteger});
      columns.push_back({alias + "." + MetricColumn(term.aggregate), Type::kReal, term.ascending, true});
      return;
    case Entity::kParam:
    case Entity::kTag:
      AddJoin(term.entity == Entity::kParam ? "run_params" : "run_tags", alias, term.key);
      columns.push_back({alias + ".value", Type::kText, term.ascending, true});
      return;
    default:
      columns.push_back(RunColumn(term.key));
      columns.back().ascending = term.ascending;
  }
}

/// One query of a search: rows of RunRow, then the sort values.
struct Select {
  std::string from;
  std::vector<sql::Value> from_values;
  Condition where;
  std::vector<SortColumn> sort;
};

class Search {
 public:
  Search(sql::Reader& reader, const RunQuery& query)
      : reader_(reader),
        query_(query),
        filter_(ParseFilter(query.filter, RunGrammar())),
        terms_(ParseOrderBy(query.order_by, RunGrammar())) {}

  RunPage Run();

 private:
  bool WalksMetric() const {
    return !query_.all_experiments && query_.experiment_ids.size() == 1 && !terms_.empty() &&
           terms_.front().entity == Entity::kMetric && terms_.front().aggregate == Aggregate::kLast;
  }
  Sort SortBy(size_t first_term) const;
  Condition Experiments() const;
  /// The filter; where the walked metric's value stands in `walked`, clauses about it ask that column.
  Condition Filter(const std::string& walked) const;
  void RunPlain(const std::vector<sql::Value>& last);
  void RunStrata(const std::vector<sql::Value>& last);
  Select Stratum(int rank) const;
  /// Appends rows until the page and one more are there; `lead` are sort values that the query leaves out.
  void Fetch(const Select& select, const std::vector<sql::Value>& lead);
  bool Full() const { return static_cast<int64_t>(rows_.size()) > query_.limit; }

  sql::Reader& reader_;
  const RunQuery& query_;
  Expression filter_;
  std::vector<OrderTerm> terms_;
  std::vector<RunRow> rows_;
  std::vector<sql::Value> page_end_;  // sort values of the page's last row
};

Sort Search::SortBy(size_t first_term) const {
  Sort sort;
  bool by_start = false;
  bool by_id = false;
  for (size_t i = 0; i < terms_.size(); ++i) {
    by_start = by_start || (terms_[i].entity == Entity::kAttribute && terms_[i].key == "start_time");
    by_id = by_id || (terms_[i].entity == Entity::kAttribute && terms_[i].key == "run_id");
    if (i >= first_term) sort.AddTerm(terms_[i]);
  }
  if (!by_start) sort.columns.push_back({"r.start_ms", Type::kInteger, false});
  // The last column of a sort is unique; one that was asked for comes first and again.
  sort.columns.push_back({"r.id", Type::kText});
  return sort;
}

Condition Search::Experiments() const {
  if (query_.all_experiments) return {};
  Condition out;
  for (const int64_t id : query_.experiment_ids) {
    out.sql += out.sql.empty() ? "?" : ", ?";
    out.values.emplace_back(id);
  }
  out.sql =
      query_.experiment_ids.size() == 1 ? "r.experiment_id = ?" : "r.experiment_id IN (" + out.sql + ")";
  return out;
}

Condition Search::Filter(const std::string& walked) const {
  return ToCondition(filter_, [&](const Clause& clause) {
    const bool null_test = clause.op == Operator::kIsNull || clause.op == Operator::kIsNotNull;
    const bool about_walked = !walked.empty() && clause.entity == Entity::kMetric &&
                              clause.aggregate == Aggregate::kLast && !null_test &&
                              clause.key == terms_.front().key;
    return about_walked ? MetricCondition(walked, clause) : RunCondition(clause);
  });
}

void Search::RunPlain(const std::vector<sql::Value>& last) {
  Sort sort = SortBy(0);
  Select select{"runs r" + sort.joins, sort.join_values, Experiments(), std::move(sort.columns)};
  select.where.And(StageIs("r.lifecycle_stage", query_.view));
  select.where.And(Filter({}));
  if (!last.empty()) select.where.And(After(select.sort, last));
  Fetch(select, {});
}

Select Search::Stratum(int rank) const {
  Sort sort = SortBy(1);
  const std::string& key = terms_.front().key;
  Select select;
  if (rank == 2) {
    select.from = "runs r" + sort.joins;
    select.where = Experiments();
    select.where.And(
        {"NOT EXISTS (SELECT 1 FROM metric_series m WHERE m.run_seq = r.seq AND m.key = ?)", {key}});
  } else {
    // CROSS JOIN holds SQLite to this order: the index first, then its runs.
    select.from = "metric_series m CROSS JOIN runs r" + sort.joins;
    select.where = {"m.experiment_id = ? AND m.key = ? AND m.run_seq = r.seq AND m.latest_value IS " +
                        std::string(rank == 0 ? "NOT NULL" : "NULL"),
                    {query_.experiment_ids.front(), key}};
  }
  select.from_values = sort.join_values;
  select.where.And(StageIs("r.lifecycle_stage", query_.view));
  select.where.And(Filter(rank == 2 ? "" : "m.latest_value"));
  if (rank == 0) select.sort.push_back({"m.latest_value", Type::kReal, terms_.front().ascending});
  select.sort.insert(select.sort.end(), sort.columns.begin(), sort.columns.end());
  return select;
}

void Search::RunStrata(const std::vector<sql::Value>& last) {
  // Sort values are (rank, value, the rest), as a plain sort by the metric has them.
  const int64_t begin = last.empty() ? 0 : std::clamp<int64_t>(std::get<int64_t>(last.front()), 0, 2);
  for (int rank = static_cast<int>(begin); rank <= 2 && !Full(); ++rank) {
    Select select = Stratum(rank);
    std::vector<sql::Value> lead = {int64_t{rank}};
    if (rank > 0) lead.emplace_back();
    if (!last.empty() && rank == begin) {
      const std::vector<sql::Value> rest(last.begin() + static_cast<std::ptrdiff_t>(lead.size()), last.end());
      select.where.And(After(select.sort, rest));
    }
    Fetch(select, lead);
  }
}

void Search::Fetch(const Select& select, const std::vector<sql::Value>& lead) {
  std::string sql = "SELECT " + sql::Columns<RunRow>("r") + SelectSort(select.sort) + " FROM " + select.from;
  if (!select.where.sql.empty()) sql += " WHERE " + select.where.sql;
  sql += " ORDER BY " + OrderSql(select.sort) + " LIMIT ?";
  std::vector<sql::Value> values = select.from_values;
  values.insert(values.end(), select.where.values.begin(), select.where.values.end());
  values.emplace_back(query_.limit + 1 - static_cast<int64_t>(rows_.size()));
  reader_.ForEach(sql, values, [&](const sql::Row& row) {
    rows_.push_back(sql::Read<RunRow>(row));
    if (static_cast<int64_t>(rows_.size()) != query_.limit) return;
    page_end_ = lead;
    const auto rest = SortValues(row, kRunColumns, select.sort);
    page_end_.insert(page_end_.end(), rest.begin(), rest.end());
  });
}

RunPage Search::Run() {
  CheckLimit(query_.limit);
  CheckExperiments(query_.experiment_ids.size());
  std::string asked = QueryText("runs", query_.filter, query_.view, query_.order_by);
  for (const int64_t id : query_.experiment_ids) asked += ',' + std::to_string(id);
  std::vector<sql::Value> last;
  if (!query_.page_token.empty()) last = DecodePageToken(query_.page_token, asked, SortBy(0).columns);
  if (query_.experiment_ids.empty() && !query_.all_experiments) return {};
  WalksMetric() ? RunStrata(last) : RunPlain(last);
  const bool more = Full();
  if (more) rows_.pop_back();
  return {LoadRuns(reader_, rows_), more ? EncodePageToken(asked, page_end_) : std::string()};
}

}  // namespace

RunPage SearchRuns(sql::Reader& reader, const RunQuery& query) {
  return Search(reader, query).Run();
}

}  // namespace orrery::tracking::internal
