#pragma once

#include <string>

#include "base/clock.h"
#include "cli/terminal.h"
#include "jobs/types.h"

namespace orrery::cli {

/// The colour in which a state is shown.
Tint TintOf(jobs::JobState state);
Tint TintOf(jobs::AttemptState state);

/// Since when and how long, as of `now`: "3.2 s" for what has started, "" for what has not.
std::string RunTimeOf(const jobs::Job& job, Instant now);
std::string RunTimeOf(const jobs::Attempt& attempt, Instant now);

/// How an attempt ended: "exit code 3", "signal 9", "out of memory"; "" for one that has not.
std::string EndText(const jobs::Attempt& attempt);

/// "4 min ago", "2013-01-01 05:15" when longer than a week.
std::string AgoText(Instant then, Instant now);

}  // namespace orrery::cli
