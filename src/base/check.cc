#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace orrery::internal {

void FailCheck(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, what.c_str());
  std::abort();
}

}  // namespace orrery::internal
