#pragma once

#include "base/instant.h"
#include "jobs/executor.h"
#include "jobs/local/attempt_files.h"

namespace orrery::jobs::local {

/// Turns what a supervisor wrote into the outcome that the executor reports, in words where they help.
AttemptOutcome FromRecord(const record::OutcomeRecord& outcome, const AttemptFiles& files);

/// The outcome of an attempt that was claimed, has written none, and runs no more; found so at `now`.
AttemptOutcome Lost(const AttemptFacts& facts, const std::string& boot_id, Instant now);

/// The outcome of an attempt that was cancelled before anything was executed.
AttemptOutcome Withdrawn(Instant now);

}  // namespace orrery::jobs::local
