#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/estimates.h"
#include "jobs/types.h"
#include "sql/database.h"

namespace orrery::jobs::internal {

/// For how long an attempt ran.
struct EndedAttempt {
  JobKind kind;
  int64_t ran_us = 0;
};

/// What tells a job of this spec apart from jobs of other length.
JobKind KindOf(const JobSpec& spec, const std::string& submitted_by);

/// Whether the attempt says for how long jobs of its kind run: its command began, and was not ended by anybody
/// who would not do so again.
bool TellsDuration(const Attempt& attempt);

/// At most `most` attempts that tell a duration, the latest ones, in the order in which they ended.
std::vector<EndedAttempt> LatestEnded(sql::Reader& reader, int64_t most);

}  // namespace orrery::jobs::internal
