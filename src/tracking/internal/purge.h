#pragma once

#include <cstdint>

#include "sql/database.h"
#include "tracking/internal/run_rows.h"

/// The rows of what goes for good, within the caller's transaction.
namespace orrery::tracking::internal {

/// All of a run but its points, which nothing names any more: PurgePoints() takes them away. Call that until nothing is
/// left before the next purge of a run, whose number may be given again.
void PurgeRun(sql::Writer& writer, const RunRow& row);

/// A bounded part of the points of purged runs; returns whether there may be more.
bool PurgePoints(sql::Writer& writer);

void PurgeModel(sql::Writer& writer, int64_t seq);

/// A trace with its spans; its files are its caller's.
void PurgeTrace(sql::Writer& writer, int64_t seq);

/// An experiment without runs, logged models and traces. Its id is not given again: clients may still hold it.
void PurgeExperiment(sql::Writer& writer, int64_t id);

}  // namespace orrery::tracking::internal
