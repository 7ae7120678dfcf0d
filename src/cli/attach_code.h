#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/client.h"
#include "cli/context.h"
#include "jobs/job_spec.h"

namespace orrery::cli {

/// Captures `folder` (absolute), brings the server what it lacks of it, and names it in those of `specs` that name no code
/// yet; `entry` is the script, where there is one. Errors: those of CaptureCode and of the server.
void AttachCode(Client& client, Context& context, const std::string& folder,
                const std::optional<std::string>& entry, std::vector<jobs::JobSpec>& specs);

}  // namespace orrery::cli
