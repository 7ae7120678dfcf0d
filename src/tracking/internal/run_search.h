#pragma once

#include "sql/database.h"
#include "tracking/search.h"

namespace orrery::tracking::internal {

/// Finds a page of runs, newest start first where nothing else is asked.
///
/// Ordered by a metric within one experiment, it walks the index over the metric's latest values, in three
/// strata (numbers, NaN, absent), and stops after a page; every other order is sorted.
RunPage SearchRuns(sql::Reader& reader, const RunQuery& query);

}  // namespace orrery::tracking::internal
