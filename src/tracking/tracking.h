#pragma once

#include <span>

#include "tracking/experiments.h"
#include "tracking/logged_models.h"
#include "tracking/metrics.h"
#include "tracking/runs.h"

namespace orrery::tracking {

/// The schema of this module, for sql::Migrate.
std::span<const sql::Migration> Migrations();

/// The services of this module over one database.
struct Tracking {
  Tracking(sql::Database& database, Clock& clock, Random& random, const Options& options = {})
      : experiments(database, clock, options),
        runs(database, clock, random, options),
        logged_models(database, clock, random, options),
        metrics(database) {}

  Experiments experiments;
  Runs runs;
  LoggedModels logged_models;
  Metrics metrics;
};

}  // namespace orrery::tracking
