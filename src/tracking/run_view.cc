#include "tracking/run_view.h"

#include <algorithm>

namespace orrery::tracking {
namespace {

/// Times of metrics are any int64; the calendar ends at the years 0 and 9999.
Instant ShownAt(int64_t millis) {
  constexpr int64_t kLeast = -62'167'219'200'000;
  constexpr int64_t kMost = 253'402'300'799'999;
  return FromMillis(std::clamp(millis, kLeast, kMost));
}

std::optional<std::string> Find(const std::map<std::string, std::string>& tags, const std::string& key) {
  const auto found = tags.find(key);
  return found == tags.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

ExperimentView ViewOf(const Experiment& experiment, int64_t runs) {
  return {std::to_string(experiment.id),  experiment.name,
          experiment.lifecycle_stage,     ShownAt(experiment.created_ms),
          ShownAt(experiment.updated_ms), runs};
}

RunView ViewOf(const Run& run, const std::string& experiment_name) {
  RunView view{.id = run.info.id,
               .name = run.info.name,
               .experiment_id = std::to_string(run.info.experiment_id),
               .experiment_name = experiment_name,
               .user = run.info.user,
               .status = run.info.status,
               .started_at = ShownAt(run.info.start_ms),
               .lifecycle_stage = run.info.lifecycle_stage,
               .artifact_uri = run.info.artifact_uri};
  if (run.info.end_ms) view.ended_at = ShownAt(*run.info.end_ms);
  for (const Param& param : run.params) view.params.emplace(param.key, param.value);
  for (const Tag& tag : run.tags) view.tags.emplace(tag.key, tag.value);
  for (const MetricSummary& metric : run.metrics) {
    view.metrics.push_back({metric.key, metric.value, metric.step, ShownAt(metric.timestamp_ms), metric.min,
                            metric.max, metric.first, metric.count});
  }
  for (const ModelOutput& model : run.model_outputs) view.models.push_back(model.model_id);
  view.job_id = Find(view.tags, "orrery.job_id");
  view.source_name = Find(view.tags, "mlflow.source.name");
  view.git_commit = Find(view.tags, "mlflow.source.git.commit");
  view.parent_run_id = Find(view.tags, "mlflow.parentRunId");
  return view;
}

}  // namespace orrery::tracking
