#pragma once

#include <string>

namespace orrery::tracking {

struct Options {
  /// Where an experiment without a location of its own keeps its artifacts: "<root>/<experiment id>".
  std::string artifact_root = "mlflow-artifacts:";
};

}  // namespace orrery::tracking
