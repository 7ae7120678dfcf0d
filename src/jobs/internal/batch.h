#pragma once

#include <vector>

#include "jobs/types.h"

/// Several jobs that are submitted together and may run after one another by name.
namespace orrery::jobs::internal {

/// Puts the id of a job in the place of its name wherever `specs` run after one another; what is no name of
/// theirs is left for an id. `ids` are theirs.
/// Errors: invalid_argument, naming jobs[i].after[j].job (a name that two of them have) or jobs (they run
/// after one another in a cycle, which is named: "a -> b -> a").
void ResolveNames(std::vector<JobSpec>& specs, const std::vector<JobId>& ids);

}  // namespace orrery::jobs::internal
