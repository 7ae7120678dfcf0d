#include "jobs/tracking_run_keeper.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "tracking/limits.h"

namespace orrery::jobs {
namespace {

std::string CommandText(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& part : command) text += (text.empty() ? "" : " ") + part;
  return text;
}

std::vector<tracking::Tag> TagsOf(const JobId& job, const JobSpec& spec) {
  const bool entry = spec.code && spec.code->entry;
  std::vector<tracking::Tag> tags = {
      {"orrery.job_id", job.text()},
      {"mlflow.source.type", "JOB"},
      {"mlflow.source.name",
       entry ? *spec.code->entry : std::string(CutUtf8(CommandText(spec.command), 4'096))},
  };
  if (spec.framework) tags.push_back({"orrery.framework", EnumName(*spec.framework)});
  if (spec.reproduces) tags.push_back({"orrery.reproduces", *spec.reproduces});
  if (spec.seed) tags.push_back({"orrery.seed", std::to_string(*spec.seed)});
  if (spec.code && spec.code->commit) tags.push_back({"mlflow.source.git.commit", *spec.code->commit});
  if (spec.code && spec.code->dirty)
    tags.push_back({"orrery.git.dirty", *spec.code->dirty ? "true" : "false"});
  return tags;
}

tracking::RunStatus StatusOf(RunPhase phase) {
  switch (phase) {
    case RunPhase::kScheduled:
      return tracking::RunStatus::kScheduled;
    case RunPhase::kRunning:
      return tracking::RunStatus::kRunning;
    case RunPhase::kFinished:
      return tracking::RunStatus::kFinished;
    case RunPhase::kFailed:
      return tracking::RunStatus::kFailed;
    case RunPhase::kKilled:
      return tracking::RunStatus::kKilled;
  }
  return tracking::RunStatus::kFailed;
}

// A run that its owner deleted stays as it is; the job goes on all the same.
template <typename Change>
void UnlessDeleted(const Change& change) {
  try {
    change();
  } catch (const Error& error) {
    if (error.code() != Code::kFailedPrecondition && error.code() != Code::kNotFound) throw;
  }
}

}  // namespace

OwnedRun TrackingRunKeeper::Create(sql::Writer& writer, const JobId& job, const JobSpec& spec,
                                   const Actor& by) {
  int64_t experiment_id = 0;
  if (spec.experiment) {
    const auto known = tracking_.experiments.FindByName(writer, *spec.experiment);
    if (known && known->lifecycle_stage == tracking::LifecycleStage::kDeleted) {
      throw Error(Code::kFailedPrecondition,
                  "the experiment is deleted: restore it or choose another: " + Quoted(*spec.experiment),
                  "experiment");
    }
    experiment_id =
        known ? known->id : tracking_.experiments.Create(writer, {.name = *spec.experiment}, by).id;
  }
  const tracking::Run run = tracking_.runs.Create(writer,
                                                  {.experiment_id = experiment_id,
                                                   .user = by.name,
                                                   .name = spec.run_name.value_or(spec.name),
                                                   .status = tracking::RunStatus::kScheduled,
                                                   .tags = TagsOf(job, spec)},
                                                  by);
  tracking::Batch batch;
  const auto flush = [&] {
    if (!batch.params.empty()) tracking_.runs.LogBatch(writer, run.info.id, batch);
    batch.params.clear();
  };
  for (const auto& [key, value] : spec.params) {
    batch.params.push_back({key, value});
    if (batch.params.size() == tracking::kMaxParamsPerBatch) flush();
  }
  flush();
  return {run.info.id.text(), std::to_string(experiment_id)};
}

void TrackingRunKeeper::Follow(sql::Writer& writer, const std::string& run_id, RunPhase phase, Instant at) {
  const bool ended = phase != RunPhase::kScheduled && phase != RunPhase::kRunning;
  // A script that failed may have ended the run that its job's next attempt goes on with.
  tracking::RunUpdate update{.status = StatusOf(phase), .reopen = !ended};
  if (phase == RunPhase::kRunning) update.start_ms = ToMillis(at);
  const auto id = tracking::RunId::Parse(run_id);
  UnlessDeleted([&] {
    // The wall clock may have been set back since the run began.
    if (ended) update.end_ms = std::max(ToMillis(at), tracking_.runs.Get(writer, id).info.start_ms);
    tracking_.runs.Update(writer, id, update, {"orrery"});
  });
}

void TrackingRunKeeper::NoteEnvironment(sql::Writer& writer, const std::string& run_id,
                                        const Digest& environment) {
  tracking::Batch batch{.tags = {{"orrery.environment", environment.text()}}};
  UnlessDeleted([&] { tracking_.runs.LogBatch(writer, tracking::RunId::Parse(run_id), batch); });
}

void TrackingRunKeeper::AddPoints(sql::Writer& writer, const std::string& run_id,
                                  const std::vector<RunPoint>& points) {
  const auto id = tracking::RunId::Parse(run_id);
  UnlessDeleted([&] {
    for (size_t first = 0; first < points.size(); first += tracking::kMaxMetricsPerBatch) {
      const size_t end = std::min(points.size(), first + tracking::kMaxMetricsPerBatch);
      tracking::Batch batch;
      for (size_t i = first; i < end; ++i) {
        const RunPoint& point = points[i];
        batch.metrics.push_back(
            {.key = point.key, .value = point.value, .step = point.step, .timestamp_ms = ToMillis(point.at)});
      }
      tracking_.runs.LogBatch(writer, id, batch);
    }
  });
}

}  // namespace orrery::jobs
