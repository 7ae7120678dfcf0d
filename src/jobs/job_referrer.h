#pragma once

#include "tracking/referrer.h"

namespace orrery::jobs {

/// A job keeps its run, also when it has ended: the run is what the job came to.
class JobReferrer final : public tracking::Referrer {
 public:
  std::optional<std::string> OfRun(sql::Reader& reader, const tracking::RunId& run) const override;
  /// Jobs refer to no logged model by itself.
  std::optional<std::string> OfLoggedModel(sql::Reader& reader,
                                           const tracking::LoggedModelId& model) const override;
};

}  // namespace orrery::jobs
