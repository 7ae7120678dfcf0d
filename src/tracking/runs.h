#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "base/random.h"
#include "events/event_log.h"
#include "sql/database.h"
#include "tracking/options.h"
#include "tracking/search.h"
#include "tracking/types.h"

namespace orrery::tracking {

struct NewRun {
  std::optional<RunId> id;  ///< drawn when absent
  int64_t experiment_id = 0;
  std::string user;
  std::string name;                 ///< empty: tag "mlflow.runName", else a drawn "adjective-noun-123"
  std::optional<int64_t> start_ms;  ///< now when absent
  RunStatus status = RunStatus::kRunning;
  std::vector<Tag> tags;
};

/// What to change; absent members stay.
struct RunUpdate {
  std::optional<RunStatus> status;
  std::optional<int64_t> start_ms;
  std::optional<int64_t> end_ms;
  std::optional<std::string> name;
  bool reopen = false;  ///< the run goes on: it has no end any more
};

struct Batch {
  std::vector<Metric> metrics;
  std::vector<Param> params;
  std::vector<Tag> tags;
};

/// Keeps runs with their params, metrics, tags, inputs and outputs.
///
///   SCHEDULED, RUNNING -> FINISHED | FAILED | KILLED     any status may follow any: clients resume runs
///   active <-> deleted                                   a deleted run cannot be written
///
/// Safe to call from any thread. The overloads with a Writer work inside the caller's transaction. Errors
/// everywhere: not_found (no such run), invalid_argument (names the field), failed_precondition (the run or
/// its experiment is deleted: "must be in the 'active' state").
class Runs {
 public:
  /// The collaborators must outlive this object.
  Runs(sql::Database& database, events::EventLog& events, Clock& clock, Random& random, Options options);

  /// A name that differs from the tag "mlflow.runName" is invalid_argument; the tag is written either way.
  Run Create(const NewRun& run, const Actor& by);
  Run Create(sql::Writer& writer, const NewRun& run, const Actor& by);

  /// Deleted ones are found too.
  Run Get(const RunId& id);
  Run Get(sql::Reader& reader, const RunId& id);
  RunInfo GetInfo(const RunId& id);
  RunPage Search(const RunQuery& query);

  /// A new name also rewrites the tag "mlflow.runName".
  RunInfo Update(const RunId& id, const RunUpdate& update, const Actor& by);
  RunInfo Update(sql::Writer& writer, const RunId& id, const RunUpdate& update, const Actor& by);
  /// Its active children, and theirs, go with it, and come back with it; one that was deleted before stays deleted.
  /// Both are idempotent. Restoring a run of a deleted experiment is failed_precondition; a child of such a one stays
  /// deleted.
  void Delete(const RunId& id, const Actor& by);
  void Restore(const RunId& id, const Actor& by);

  /// Stores all of it or nothing. Repeating a batch changes nothing: a param may be set again to its value
  /// (another one: invalid_argument, "Changing param values is not allowed"), equal points count once.
  void LogBatch(const RunId& id, const Batch& batch);
  void LogBatch(sql::Writer& writer, const RunId& id, const Batch& batch);

  /// Errors: not_found (no such tag).
  void DeleteTag(const RunId& id, std::string_view key);

  /// Datasets are known by (name, digest) within the experiment; logging one again changes nothing.
  void LogInputs(const RunId& id, const std::vector<DatasetInput>& datasets,
                 const std::vector<ModelInput>& models);
  /// Errors: not_found (no such logged model).
  void LogOutputs(const RunId& id, const std::vector<ModelOutput>& models);

 private:
  sql::Database& database_;
  events::EventLog& events_;
  Clock& clock_;
  Random& random_;
  Options options_;
};

}  // namespace orrery::tracking
