#pragma once

#include <optional>
#include <string>

#include "sql/database.h"
#include "tracking/types.h"

namespace orrery::tracking {

/// Asked before a deleted run or logged model goes for good, by the modules above that may refer to it. The answer is in
/// words, "version 3 of the model flights"; nothing when nothing there refers to it. Safe to call from any thread.
class Referrer {
 public:
  virtual ~Referrer() = default;
  virtual std::optional<std::string> OfRun(sql::Reader& reader, const RunId& run) const = 0;
  virtual std::optional<std::string> OfLoggedModel(sql::Reader& reader, const LoggedModelId& model) const = 0;
};

}  // namespace orrery::tracking
