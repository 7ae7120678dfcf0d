#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "events/event_log.h"
#include "models/lineage.h"
#include "models/types.h"
#include "sql/database.h"

namespace orrery::models {

/// Registered models, their versions, aliases and tags. Safe to call from any thread.
///
/// Errors of every call: invalid_argument (a name, tag or number that cannot be), not_found (the model or the
/// version). Version numbers of a model are 1, 2, 3...: a deleted version's number is not given again. What
/// changes which version a consumer gets is told in the event log, in the same transaction, with subject
/// "model:NAME".
class Registry {
 public:
  /// All must outlive this object.
  Registry(sql::Database& database, events::EventLog& events, Clock& clock, Lineage& lineage)
      : database_(database), events_(events), clock_(clock), lineage_(lineage) {}

  static std::span<const sql::Migration> Migrations();

  /// Removes every model: for test suites that want an empty store.
  static void Clear(sql::Writer& writer);

  /// Errors: already_exists.
  RegisteredModel Create(const NewModel& model, const Actor& by);
  RegisteredModel Get(const std::string& name);
  /// Sets the description; none clears it.
  RegisteredModel Describe(const std::string& name, const std::optional<std::string>& description);
  /// Versions, tags and aliases follow. Errors: already_exists.
  RegisteredModel Rename(const std::string& name, const std::string& new_name, const Actor& by);
  /// Removes the model with its versions, tags and aliases.
  void Delete(const std::string& name, const Actor& by);
  /// Prompts (tag mlflow.prompt.is_prompt = 'true') appear only when the filter asks for them.
  Page<RegisteredModel> Search(const SearchRequest& request);
  /// The newest version of each of `stages`; of every stage when empty.
  std::vector<ModelVersion> LatestVersions(const std::string& name, const std::vector<Stage>& stages);
  void SetTag(const std::string& name, const Tag& tag);
  /// An absent tag is fine.
  void DeleteTag(const std::string& name, const std::string& key);

  /// Points `alias` at `version`, from wherever it pointed before.
  void SetAlias(const std::string& name, const std::string& alias, int64_t version, const Actor& by);
  /// An absent alias is fine.
  void DeleteAlias(const std::string& name, const std::string& alias, const Actor& by);
  /// None when the model has no such alias. "latest" is the newest version.
  std::optional<ModelVersion> FindByAlias(const std::string& name, const std::string& alias);

  /// Gives the next number. The source is checked against the run or logged model that it names.
  /// Errors: invalid_argument (source).
  ModelVersion CreateVersion(const NewVersion& version, const Actor& by);
  ModelVersion GetVersion(const std::string& name, int64_t version);
  ModelVersion DescribeVersion(const std::string& name, int64_t version,
                               const std::optional<std::string>& description);
  void DeleteVersion(const std::string& name, int64_t version, const Actor& by);
  /// Sets the stage; with `archive_existing` the other versions of that stage become ARCHIVED.
  /// Errors: invalid_argument (archive_existing for a stage other than STAGING and PRODUCTION).
  ModelVersion Transition(const std::string& name, int64_t version, Stage stage, bool archive_existing,
                          const Actor& by);
  Page<ModelVersion> SearchVersions(const SearchRequest& request);
  void SetVersionTag(const std::string& name, int64_t version, const Tag& tag);
  /// An absent tag is fine.
  void DeleteVersionTag(const std::string& name, int64_t version, const std::string& key);

 private:
  sql::Database& database_;
  events::EventLog& events_;
  Clock& clock_;
  Lineage& lineage_;
};

}  // namespace orrery::models
