#pragma once

#include "tracking/referrer.h"

namespace orrery::models {

/// A registered version keeps the run and the logged model that it was made from.
class VersionReferrer final : public tracking::Referrer {
 public:
  std::optional<std::string> OfRun(sql::Reader& reader, const tracking::RunId& run) const override;
  std::optional<std::string> OfLoggedModel(sql::Reader& reader,
                                           const tracking::LoggedModelId& model) const override;
};

}  // namespace orrery::models
