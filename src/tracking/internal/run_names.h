#pragma once

#include <string>

#include "base/random.h"

namespace orrery::tracking::internal {

/// A name to tell runs apart by at a glance: "adjective-noun-123".
std::string DrawName(Random& random);

}  // namespace orrery::tracking::internal
