#pragma once

#include <gmock/gmock.h>

#include "base/code_of.h"
#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "sql/test_database.h"
#include "tracking/tracking.h"

namespace orrery::tracking {

/// The services over an embedded database in a folder of its own, for tests.
class TrackingTest : public testing::Test {
 protected:
  RunId NewRunId(int64_t experiment = 0) {
    return tracking_.runs.Create({.experiment_id = experiment}, by_).info.id;
  }

  const Actor by_{"ada"};
  FakeClock clock_;
  FakeRandom random_;
  sql::TestDatabase database_{events::EventLog::Migrations(), Tracking::Migrations()};
  events::EventLog events_{*database_, clock_};
  Tracking tracking_{*database_, events_, clock_, random_};
};

}  // namespace orrery::tracking
