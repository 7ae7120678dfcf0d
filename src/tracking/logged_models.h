#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "base/random.h"
#include "events/event_log.h"
#include "sql/database.h"
#include "tracking/search.h"
#include "tracking/types.h"

namespace orrery::tracking {

struct NewLoggedModel {
  int64_t experiment_id = 0;
  std::string name;  ///< empty: a drawn "adjective-noun-123"
  std::string model_type;
  std::string source_run_id;
  std::vector<Param> params;
  std::vector<Tag> tags;
};

/// Keeps logged models: what a run (or nobody) saved, before anyone registers it.
///
///   PENDING -> READY | UPLOAD_FAILED        deleted ones are not found any more
///
/// Safe to call from any thread. Errors everywhere: not_found (no such model), invalid_argument (names the
/// field).
class LoggedModels {
 public:
  /// The collaborators must outlive this object.
  LoggedModels(sql::Database& database, events::EventLog& events, Clock& clock, Random& random);

  /// The source run need not be here. Errors: not_found (no such experiment), failed_precondition (it is deleted).
  LoggedModel Create(const NewLoggedModel& model, const Actor& by);
  LoggedModel Get(const LoggedModelId& id);
  LoggedModel Get(sql::Reader& reader, const LoggedModelId& id);
  LoggedModelPage Search(const LoggedModelQuery& query);

  LoggedModel Finish(const LoggedModelId& id, LoggedModelStatus status, const Actor& by);
  void Delete(const LoggedModelId& id, const Actor& by);
  void SetTags(const LoggedModelId& id, const std::vector<Tag>& tags);
  void SetTags(sql::Writer& writer, const LoggedModelId& id, const std::vector<Tag>& tags);
  /// Errors: not_found (no such tag).
  void DeleteTag(const LoggedModelId& id, std::string_view key);
  /// A param may be set again to its value; another value is invalid_argument.
  void LogParams(const LoggedModelId& id, const std::vector<Param>& params);

 private:
  sql::Database& database_;
  events::EventLog& events_;
  Clock& clock_;
  Random& random_;
};

}  // namespace orrery::tracking
