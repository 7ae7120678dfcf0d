#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "events/event_log.h"
#include "sql/database.h"
#include "tracking/options.h"
#include "tracking/search.h"
#include "tracking/types.h"

namespace orrery::tracking {

struct NewExperiment {
  std::string name;
  std::string artifact_location;  ///< empty: "<artifact root>/<id>"
  std::vector<Tag> tags;
};

/// Keeps experiments: named groups of runs. Experiment 0, "Default", always exists.
///
///   active <-> deleted     its runs follow; a run that was deleted before stays so when it is restored
///
/// Safe to call from any thread. Errors everywhere: not_found (no such experiment), invalid_argument (names
/// the field), failed_precondition (it is deleted).
class Experiments {
 public:
  /// The collaborators must outlive this object. Creates experiment 0 where it is missing: migrations must have
  /// run.
  Experiments(sql::Database& database, events::EventLog& events, Clock& clock, Options options);

  /// Errors: already_exists (the name is taken, by a deleted one too).
  Experiment Create(const NewExperiment& experiment, const Actor& by);
  Experiment Create(sql::Writer& writer, const NewExperiment& experiment, const Actor& by);

  /// Creates experiment 0, which must not be there.
  void CreateDefault(sql::Writer& writer);

  /// Deleted ones are found too.
  Experiment Get(int64_t id);
  std::optional<Experiment> FindByName(std::string_view name);
  std::optional<Experiment> FindByName(sql::Reader& reader, std::string_view name);
  ExperimentPage Search(const ExperimentQuery& query);
  /// How many active runs each experiment holds; those without one are left out.
  std::map<int64_t, int64_t> CountRuns();

  /// Errors: already_exists.
  void Rename(int64_t id, const std::string& new_name, const Actor& by);
  void Delete(int64_t id, const Actor& by);
  void Restore(int64_t id, const Actor& by);
  void SetTag(int64_t id, const Tag& tag);
  /// Errors: not_found (no such tag).
  void DeleteTag(int64_t id, std::string_view key);

  /// The distinct datasets that active runs of these experiments read, with their contexts.
  std::vector<DatasetSummary> SearchDatasets(const std::vector<int64_t>& ids);

 private:
  void CheckFree(sql::Reader& reader, const std::string& name);

  sql::Database& database_;
  events::EventLog& events_;
  Clock& clock_;
  Options options_;
};

/// Errors: invalid_argument (not the decimal form of an int64 from 0 up).
int64_t ParseExperimentId(std::string_view text);

}  // namespace orrery::tracking
