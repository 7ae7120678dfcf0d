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

 private:
  tracking::Tracking& tracking_;
};

}  // namespace orrery::models
