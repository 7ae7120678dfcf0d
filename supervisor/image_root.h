#pragma once

#include <string>
#include <vector>

#include "jobs/record.h"

namespace orrery::supervisor {

/// What could not be done, and errno; an empty text: all was.
struct EnterFailure {
  std::string what;
  int error = 0;
};

/// Makes the files of `image` this process's own, in a mount namespace, and where that needs it a user namespace in which
/// its user is root. What is written there goes to memory, beside the mounts. For a child that is about to execute a
/// program: a failure leaves it in between. Adds the image's variables to `env`.
EnterFailure EnterImage(const jobs::record::ImageRoot& image, std::vector<std::string>& env);

}  // namespace orrery::supervisor
