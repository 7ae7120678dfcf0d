#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"

namespace orrery::jobs {

/// A job that somebody once ran.
struct TraceJob {
  int64_t submitted_us = 0;
  int64_t duration_us = 0;
  int64_t gpus = 0;
  std::string user;
  std::string name;
  std::string queue;
};

/// Reads a job list: comma-separated values whose first line names the columns, in any order.
///
///   timestamp   when it was submitted: "2017-10-01 12:30:00" (UTC) or RFC 3339 with a zone
///   duration    for how long it ran, in seconds, with up to six decimals; above 0
///   num_gpus    how many GPUs it held; at least 1
///   queue       optional; `cluster` is read where there is no such column
///   user, name  optional
///
/// Other columns are not read, empty lines are skipped. The jobs come in the order of their submission, those of one
/// instant in the order of their lines.
/// Errors: invalid_argument, naming the line and the column: "line 17, num_gpus: ...".
std::vector<TraceJob> ReadTrace(std::string_view text);

/// A day ("2017-10-01", its first instant in UTC) or an instant as in ReadTrace.
/// Errors: invalid_argument.
Instant ParseTraceTime(std::string_view text);

}  // namespace orrery::jobs
