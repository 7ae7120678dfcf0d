#include "cli/run_text.h"

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

void PrintMetrics(const tracking::RunView& run, Context& context) {
  if (run.metrics.empty()) return;
  using Align = Table::Align;
  Table table({{"METRIC"},
               {"LATEST", Align::kRight},
               {"STEP", Align::kRight},
               {"MIN", Align::kRight},
               {"MAX", Align::kRight},
               {"POINTS", Align::kRight}});
  for (const tracking::MetricView& metric : run.metrics) {
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
  PrintMetrics(client.Get<tracking::RunView>("/api/v1/runs/" + net::EncodeComponent(run_id)), context);
}

}  // namespace orrery::cli
