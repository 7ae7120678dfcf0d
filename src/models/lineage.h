#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/database.h"

namespace orrery::models {

/// What a version can be made from, as far as a source has to be checked against it.
struct Origin {
  std::string artifact_root;          ///< mlflow-artifacts:/...
  std::optional<std::string> run_id;  ///< the run that logged it
};

/// What models asks of the records below it: answers where the files of a run or a logged model lie. Safe to
/// call from any thread.
class Lineage {
 public:
  virtual ~Lineage() = default;
  virtual std::optional<Origin> OfRun(std::string_view run_id) = 0;
  virtual std::optional<Origin> OfLoggedModel(std::string_view model_id) = 0;
  /// Notes on the logged model, in the caller's transaction, that it is version `version` of `name`.
  virtual void NoteRegistered(sql::Writer& writer, const std::string& model_id, const std::string& name,
                              int64_t version) = 0;
};

}  // namespace orrery::models
