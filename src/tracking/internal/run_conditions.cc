#include "tracking/internal/run_conditions.h"

#include "tracking/internal/page.h"

namespace orrery::tracking::internal {
namespace {

constexpr Attribute kAttributes[] = {
    {"run_id", Attribute::Kind::kId},
    {"run_name", Attribute::Kind::kText, "Run name|run name|Run Name"},
    {"user_id", Attribute::Kind::kText, "User|user"},
    {"status", Attribute::Kind::kText},
    {"artifact_uri", Attribute::Kind::kText},
    {"start_time", Attribute::Kind::kNumber, "Created|created"},
    {"end_time", Attribute::Kind::kNumber},
};
constexpr Grammar kGrammar{kAttributes, true, true, true, true};

Condition Exists(const std::string& from, const std::vector<sql::Value>& values, const Condition& compared) {
  Condition out{"EXISTS (SELECT 1 FROM " + from + " AND " + compared.sql + ")", values};
  out.values.insert(out.values.end(), compared.values.begin(), compared.values.end());
  return out;
}

}  // namespace

const Grammar& RunGrammar() {
  return kGrammar;
}

SortColumn RunColumn(std::string_view attribute) {
  using Type = SortColumn::Type;
  if (attribute == "run_id") return {"r.id", Type::kText};
  if (attribute == "run_name") return {"r.name", Type::kText};
  if (attribute == "user_id") return {"r.user_name", Type::kText};
  if (attribute == "status") return {"r.status", Type::kText};
  if (attribute == "artifact_uri") return {"r.artifact_uri", Type::kText};
  if (attribute == "start_time") return {"r.start_ms", Type::kInteger};
  return {"r.end_ms", Type::kInteger, true, true};
}

Condition MetricCondition(const std::string& column, const Clause& clause) {
  Condition out = Compare(column, clause);
  if (clause.op == Operator::kNotEqual) out.sql = "(" + out.sql + " OR " + column + " IS NULL)";
  return out;
}

Condition RunCondition(const Clause& clause) {
  switch (clause.entity) {
    case Entity::kAttribute:
      return Compare(RunColumn(clause.key).sql, clause);
    case Entity::kMetric:
      return Exists("metric_series f WHERE f.run_seq = r.seq AND f.key = ?", {clause.key},
                    MetricCondition("f.latest_value", clause));
    case Entity::kParam:
      return OwnedText("run_params", "run_seq", "r.seq", clause);
    case Entity::kTag:
      return OwnedText("run_tags", "run_seq", "r.seq", clause);
    case Entity::kDataset:
      break;
  }
  if (clause.key == "context") {
    return Exists("run_dataset_tags t WHERE t.run_seq = r.seq AND t.key = 'mlflow.data.context'", {},
                  Compare("t.value", clause));
  }
  return Exists("run_datasets i JOIN datasets d ON d.id = i.dataset_id WHERE i.run_seq = r.seq", {},
                Compare(clause.key == "name" ? "d.name" : "d.digest", clause));
}

}  // namespace orrery::tracking::internal
