#pragma once

#include <optional>
#include <string>

#include "models/models.h"

namespace orrery::models {

/// A source that was checked against what it names.
struct CheckedOrigin {
  std::string source;
  std::string location;  ///< where the files are
  std::optional<std::string> run_id;
  std::optional<std::string> model_id;
};

/// Checks where `version` says its files come from: a run's path must lie in the run named by run_id, a
/// logged model must be the one named by model_id, an own artifact path must lie under either root. A prompt
/// has no files: its source is a placeholder. Errors: invalid_argument (source), not_found (another version
/// that it names).
CheckedOrigin CheckOrigin(const NewVersion& version, bool is_prompt, Registry& registry, Lineage& lineage);

}  // namespace orrery::models
