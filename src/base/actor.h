#pragma once

#include <string>

namespace orrery {

/// Who asks: the name goes into records (submitted_by, events). Without tokens configured, "local" with every
/// right.
struct Actor {
  std::string name;
};

}  // namespace orrery
