#pragma once

#include "models/lineage.h"
#include "tracking/tracking.h"

namespace orrery::models {

/// Answers from what tracking keeps.
class TrackingLineage final : public Lineage {
 public:
  /// `tracking` must outlive this object.
  explicit TrackingLineage(tracking::Tracking& tracking) : tracking_(tracking) {}

  std::optional<Origin> OfRun(std::string_view run_id) override;
  std::optional<Origin> OfLoggedModel(std::string_view model_id) override;
  /// Adds to the tag "mlflow.modelVersions", a JSON list of {name, version}; again changes nothing.
  void NoteRegistered(sql::Writer& writer, const std::string& model_id, const std::string& name,
                      int64_t version) override;

 private:
  tracking::Tracking& tracking_;
};

}  // namespace orrery::models
