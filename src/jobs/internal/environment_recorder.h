#pragma once

#include <optional>

#include "content/content.h"
#include "jobs/executor.h"

namespace orrery::jobs::internal {

/// Keeps what the environments of attempts came to: the JSON of an EnvironmentSpec, once for all that have the same.
class EnvironmentRecorder {
 public:
  /// Both must outlive this object.
  EnvironmentRecorder(Executor& executor, content::Store& content) : executor_(executor), content_(content) {}

  /// Stores what the environment of `id` came to; whoever notes the digest refers to it. None: the executor does not
  /// know it. Errors: those of storing.
  std::optional<Digest> Store(const AttemptId& id);

 private:
  Executor& executor_;
  content::Store& content_;
};

}  // namespace orrery::jobs::internal
