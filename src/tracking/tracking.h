#pragma once

#include <span>

#include "tracking/experiments.h"
#include "tracking/logged_models.h"
#include "tracking/metrics.h"
#include "tracking/runs.h"
#include "tracking/traces.h"

namespace orrery::tracking {

/// The services of this module over one database.
struct Tracking {
  Tracking(sql::Database& database, events::EventLog& events, Clock& clock, Random& random,
           const Options& options = {})
      : experiments(database, events, clock, options),
        runs(database, events, clock, random, options),
        logged_models(database, events, clock, random),
        metrics(database),
        traces(database) {}

  static std::span<const sql::Migration> Migrations();

  /// Removes everything but experiment 0, which is as new: for test suites that want an empty store.
  void Clear(sql::Writer& writer);

  Experiments experiments;
  Runs runs;
  LoggedModels logged_models;
  Metrics metrics;
  Traces traces;
};

}  // namespace orrery::tracking
