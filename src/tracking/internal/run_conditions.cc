#include "tracking/internal/run_conditions.h"

#include "tracking/internal/page.h"

namespace orrery::tracking::internal {
namespace {

constexpr Attribute kAttributes[] = {
    {"run_id", Attribute::Kind::kText},
    {"run_name", Attribute::Kind::kText, "Run name|run name|Run Name"},
    {"user_id", Attribute::Kind::kText, "User|user"},
    {"status", Attribute::Kind::kText},
    {"artifact_uri", Attribute::Kind::kText},
    {"start_time", Attribute::Kind::kTime, "Created|created"},
    {"end_time", Attribute::Kind::kTime},
    // From here on MLflow has none of these names.
    {"duration", Attribute::Kind::kNumber},
    {"job_id", Attribute::Kind::kText, "job", "orrery.job_id"},
    {"commit", Attribute::Kind::kText, "git_commit", "mlflow.source.git.commit"},
    {"source_name", Attribute::Kind::kText, "source", "mlflow.source.name"},
    {"parent_run_id", Attribute::Kind::kText, "parent", "mlflow.parentRunId"},
};
constexpr Grammar kGrammar{.attributes = kAttributes,
                           .metrics = true,
                           .params = true,
                           .tags = true,
                           .datasets = true,
                           .aggregates = true,
                           .numeric_params = true};

Condition Exists(const std::string& from, const std::vector<sql::Value>& values, const Condition& compared) {
  Condition out{"EXISTS (SELECT 1 FROM " + from + " AND " + compared.sql + ")", values};
  out.values.insert(out.values.end(), compared.values.begin(), compared.values.end());
  return out;
}

Condition OfMetric(const Clause& clause) {
  const std::string series = "metric_series f WHERE f.run_seq = r.seq AND f.key = ?";
  if (clause.op == Operator::kIsNull) return {"NOT EXISTS (SELECT 1 FROM " + series + ")", {clause.key}};
  if (clause.op == Operator::kIsNotNull) return {"EXISTS (SELECT 1 FROM " + series + ")", {clause.key}};
  return Exists(series, {clause.key}, MetricCondition("f." + MetricColumn(clause.aggregate), clause));
}

}  // namespace

std::string MetricColumn(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::kMin:
      return "min_value";
    case Aggregate::kMax:
      return "max_value";
    case Aggregate::kFirst:
      return "first_value";
    case Aggregate::kLast:
      break;
  }
  return "latest_value";
}

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
  if (attribute == "duration") return {"((r.end_ms - r.start_ms) / 1000.0)", Type::kReal, true, true};
  return {"r.end_ms", Type::kInteger, true, true};
}

Condition MetricCondition(const std::string& column, const Clause& clause) {
  Condition out = Compare(column, clause);
  const bool unequal = clause.op == Operator::kNotEqual || clause.op == Operator::kNotIn;
  if (unequal) out.sql = "(" + out.sql + " OR " + column + " IS NULL)";
  return out;
}

Condition RunCondition(const Clause& clause) {
  switch (clause.entity) {
    case Entity::kAttribute:
      return Compare(RunColumn(clause.key).sql, clause);
    case Entity::kMetric:
      return OfMetric(clause);
    case Entity::kParam:
      return OwnedText("run_params", "run_seq", "r.seq", clause);
    case Entity::kTag:
      return OwnedText("run_tags", "run_seq", "r.seq", clause);
    case Entity::kDataset:
    case Entity::kMetadata:  // which runs do not have
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
