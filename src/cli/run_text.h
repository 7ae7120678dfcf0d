#pragma once

#include <string>

#include "base/instant.h"
#include "cli/client.h"
#include "cli/context.h"
#include "tracking/run_view.h"

namespace orrery::cli {

Tint TintOf(tracking::RunStatus status);

/// "3.2 s" since the run's start until its end, or `now`.
std::string RunTimeOf(const tracking::RunView& run, Instant now);

/// Prints what a run measured as a table, if it did: its own metrics, without those of the system.
void PrintRunSummary(Client& client, const std::string& run_id, Context& context);

/// The metrics of one run: latest, least, greatest, how many; those of the system last.
void PrintMetrics(const tracking::RunView& run, Context& context);

}  // namespace orrery::cli
