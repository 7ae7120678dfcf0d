// What the tracking store costs without a wire: the budget that is left for HTTP and JSON. Times are those of
// the whole process, the writer's thread included.
#include <benchmark/benchmark.h>

#include "base/fake_clock.h"
#include "base/fake_random.h"
#include "sql/test_database.h"
#include "tracking/tracking.h"

namespace orrery::tracking {
namespace {

/// The services over a database in a folder of its own.
struct Store {
  FakeClock clock;
  FakeRandom random;
  sql::TestDatabase database{events::EventLog::Migrations(), Tracking::Migrations()};
  events::EventLog events{*database, clock};
  Tracking tracking{*database, events, clock, random};
  Actor by{"bench"};

  RunId AddRun() { return tracking.runs.Create({.tags = {{"team", "a"}, {"mlflow.user", "b"}}}, by).info.id; }
};

/// 10,000 runs with ten metrics and five params each, made once.
Store& ManyRuns() {
  static Store store;
  static const bool filled = [] {
    for (int block = 0; block < 100; ++block) {
      store.database->Write([](sql::Writer& writer) {
        for (int i = 0; i < 100; ++i) {
          const RunId id =
              store.tracking.runs
                  .Create(writer, {.start_ms = static_cast<int64_t>(store.random.Below(1u << 30))}, store.by)
                  .info.id;
          Batch batch;
          for (const char* key :
               {"accuracy", "loss", "f1", "auc", "precision", "recall", "mae", "rmse", "r2", "time"}) {
            batch.metrics.push_back({key, static_cast<double>(store.random.Below(1'000'000)) / 1e6, 0, 0});
          }
          batch.params = {{"model", store.random.Below(3) == 0 ? "xgb" : "linear"},
                          {"lr", "0.1"},
                          {"a", "1"},
                          {"b", "2"},
                          {"c", "3"}};
          batch.tags = {{"team", "a"}, {"stage", "b"}};
          store.tracking.runs.LogBatch(writer, id, batch);
        }
      });
    }
    return true;
  }();
  (void)filled;
  return store;
}

/// One run with a series of `points` points.
RunId LongSeries(Store& store, int64_t points) {
  const RunId id = store.AddRun();
  for (int64_t first = 0; first < points; first += 100'000) {
    store.database->Write([&](sql::Writer& writer) {
      for (int64_t begin = first; begin < std::min(first + 100'000, points); begin += 1'000) {
        Batch batch;
        for (int64_t i = begin; i < begin + 1'000; ++i) {
          batch.metrics.push_back(
              {"loss",
               1.0 / static_cast<double>(i + 1) + static_cast<double>(store.random.Below(1000)) * 1e-5, i,
               1'700'000'000'000 + i * 37});
        }
        store.tracking.runs.LogBatch(writer, id, batch);
      }
    });
  }
  return id;
}

void CreateRun(benchmark::State& state) {
  Store store;
  for (auto _ : state) benchmark::DoNotOptimize(store.AddRun());
}
BENCHMARK(CreateRun)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);

void LogOneMetric(benchmark::State& state) {
  Store store;
  const RunId id = store.AddRun();
  int64_t step = 0;
  for (auto _ : state) {
    ++step;
    store.tracking.runs.LogBatch(id, {.metrics = {{"loss", 0.5, step, 1'700'000'000'000 + step}}});
  }
}
BENCHMARK(LogOneMetric)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);

void LogThousandMetrics(benchmark::State& state) {
  Store store;
  const RunId id = store.AddRun();
  const auto keys = static_cast<int64_t>(state.range(0));
  int64_t step = 0;
  for (auto _ : state) {
    Batch batch;
    for (int64_t i = 0; i < 1'000; ++i) {
      if (i % keys == 0) ++step;
      batch.metrics.push_back({"metric" + std::to_string(i % keys),
                               static_cast<double>(store.random.Below(1000)) / 7, step,
                               1'700'000'000'000 + step});
    }
    store.tracking.runs.LogBatch(id, batch);
  }
}
BENCHMARK(LogThousandMetrics)
    ->Arg(1)
    ->Arg(10)
    ->Arg(1000)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMicrosecond);

void SearchTenThousand(benchmark::State& state, const std::string& filter,
                       const std::vector<std::string>& order_by) {
  Store& store = ManyRuns();
  size_t found = 0;
  for (auto _ : state) {
    found = store.tracking.runs
                .Search({.experiment_ids = {0}, .filter = filter, .order_by = order_by, .limit = 100})
                .runs.size();
  }
  state.counters["runs"] = static_cast<double>(found);
}
#define SEARCH_BENCHMARK(name, ...)                       \
  BENCHMARK_CAPTURE(SearchTenThousand, name, __VA_ARGS__) \
      ->MeasureProcessCPUTime()                           \
      ->Unit(benchmark::kMicrosecond)
SEARCH_BENCHMARK(newest, "", {});
SEARCH_BENCHMARK(by_metric, "", {"metrics.accuracy DESC"});
SEARCH_BENCHMARK(filter_and_metric, "metrics.accuracy > 0.5 and params.model = 'xgb'", {"metrics.loss ASC"});
SEARCH_BENCHMARK(two_orders, "", {"params.model", "metrics.loss"});
SEARCH_BENCHMARK(nothing_found, "metrics.accuracy > 2 and params.model = 'xgb'", {"metrics.loss ASC"});

void ReadHistory(benchmark::State& state) {
  Store store;
  const RunId id = LongSeries(store, 100'000);
  for (auto _ : state) benchmark::DoNotOptimize(store.tracking.metrics.History(id, "loss"));
}
BENCHMARK(ReadHistory)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);

void ReadMillionPointCurve(benchmark::State& state) {
  static Store store;
  static const RunId id = LongSeries(store, 1'000'000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        store.tracking.metrics.ReadCurve({.run = id, .metric = "loss", .width = state.range(0)}));
  }
}
BENCHMARK(ReadMillionPointCurve)
    ->Arg(100)
    ->Arg(1'000)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace orrery::tracking
