#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/machine.h"
#include "jobs/types.h"
#include "sql/database.h"

/// What jobs run after, in the table job_dependencies.
namespace orrery::jobs::internal {

/// Keeps what job `id` runs after. Errors: invalid_argument, naming after[i].job (there is no such job).
void KeepDependencies(sql::Writer& writer, const JobId& id, const std::vector<AfterSpec>& after);

/// What has become of a PENDING job by the jobs that it runs after: Resolved, Unresolvable, or nothing yet.
std::optional<JobEvent> OutcomeOfDependencies(sql::Reader& reader, const JobId& id);

/// The PENDING jobs that run after `id`, oldest first.
std::vector<JobId> PendingAfter(sql::Reader& reader, const JobId& id);

/// What the PENDING job `id` waits for, in words: "waits for job 17ab23cd (prepare) to succeed".
std::string WaitsFor(sql::Reader& reader, const JobId& id);

}  // namespace orrery::jobs::internal
