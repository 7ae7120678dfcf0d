#include "cli/run_text.h"

#include <algorithm>
#include <functional>
#include <ostream>

#include "cli/table.h"

namespace orrery::cli {

Tint TintOf(tracking::RunStatus status) {
  switch (status) {
    case tracking::RunStatus::kFinished:
      return Tint::kGreen;
    case tracking::RunStatus::kFailed:
      return Tint::kRed;
    case tracking::RunStatus::kKilled:
      return Tint::kYellow;
    case tracking::RunStatus::kRunning:
      return Tint::kBlue;
    case tracking::RunStatus::kScheduled:
      return Tint::kPlain;
  }
  return Tint::kPlain;
}

std::string RunTimeOf(const tracking::RunView& run, Instant now) {
  return DurationText(std::chrono::duration<double>(run.ended_at.value_or(now) - run.started_at).count());
}

namespace {

bool IsOfTheSystem(const tracking::MetricView& metric) {
  return metric.key.starts_with(tracking::kSystemMetrics);
}

}  // namespace

void PrintMetrics(const tracking::RunView& run, Context& context) {
  if (run.metrics.empty()) return;
  std::vector<tracking::MetricView> metrics = run.metrics;
  std::ranges::stable_partition(metrics, std::not_fn(IsOfTheSystem));
  using Align = Table::Align;
  Table table({{"METRIC"},
               {"LATEST", Align::kRight},
               {"STEP", Align::kRight},
               {"MIN", Align::kRight},
               {"MAX", Align::kRight},
               {"POINTS", Align::kRight}});
  for (const tracking::MetricView& metric : metrics) {
    table.Add({{metric.key},
               {NumberText(metric.value), Tint::kBold},
               {std::to_string(metric.step)},
               {NumberText(metric.min)},
               {NumberText(metric.max)},
               {std::to_string(metric.count)}});
  }
  context.out << table.Text(context.terminal);
}

void PrintRunSummary(Client& client, const std::string& run_id, Context& context) {
  auto run = client.Get<tracking::RunView>("/api/v1/runs/" + net::EncodeComponent(run_id));
  std::erase_if(run.metrics, IsOfTheSystem);
  PrintMetrics(run, context);
}

}  // namespace orrery::cli
