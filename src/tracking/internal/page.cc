#include "tracking/internal/page.h"

#include "base/error.h"
#include "tracking/limits.h"

namespace orrery::tracking::internal {

void CheckLimit(int64_t limit) {
  if (limit >= 1 && limit <= static_cast<int64_t>(kMaxSearchResults)) return;
  throw Error(Code::kInvalidArgument,
              "Invalid value " + std::to_string(limit) +
                  " for parameter 'max_results' supplied: expected 1 to " + std::to_string(kMaxSearchResults),
              "max_results");
}

void CheckExperiments(size_t amount) {
  if (amount <= kMaxExperimentsPerSearch) return;
  throw InvalidField("experiment_ids", "at most " + std::to_string(kMaxExperimentsPerSearch) + ", got " +
                                           std::to_string(amount));
}

Condition StageIs(const std::string& column, View view) {
  if (view == View::kAll) return {};
  const auto stage = view == View::kActiveOnly ? LifecycleStage::kActive : LifecycleStage::kDeleted;
  return {column + " = ?", {sql::ToValue(stage)}};
}

Condition OwnedText(const std::string& table, const std::string& owner_column, const std::string& owner,
                    const Clause& clause) {
  const bool absent = clause.op == Operator::kIsNull;
  Condition out;
  out.sql = std::string(absent ? "NOT " : "") + "EXISTS (SELECT 1 FROM " + table + " o WHERE o." +
            owner_column + " = " + owner + " AND o.key = ?";
  out.values = {clause.key};
  if (!absent && clause.op != Operator::kIsNotNull) {
    const Condition compared = Compare(clause.IsNumeric() ? "o.number" : "o.value", clause);
    out.sql += " AND " + compared.sql;
    out.values.insert(out.values.end(), compared.values.begin(), compared.values.end());
  }
  out.sql += ")";
  return out;
}

std::string SelectSort(const std::vector<SortColumn>& columns) {
  std::string out;
  for (const SortColumn& column : columns) out += ", " + column.sql;
  return out;
}

std::string QueryText(std::string_view list, std::string_view filter, View view,
                      const std::vector<std::string>& order_by) {
  std::string out(list);
  ((out += '\0') += filter) += '\0';
  out += EnumName(view);
  for (const std::string& item : order_by) (out += '\0') += item;
  return out;
}

}  // namespace orrery::tracking::internal
