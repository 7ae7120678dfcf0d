#include "cli/run_text.h"

#include <ostream>

#include "cli/table.h"

namespace orrery::cli {

Tint TintOfStatus(const std::string& status) {
  if (status == "FINISHED") return Tint::kGreen;
  if (status == "FAILED") return Tint::kRed;
  if (status == "KILLED") return Tint::kYellow;
  return status == "RUNNING" ? Tint::kBlue : Tint::kPlain;
}

std::string RunTimeOf(const RunRecord& run, Instant now) {
  if (!run.started_at) return "";
  return DurationText(std::chrono::duration<double>(run.ended_at.value_or(now) - *run.started_at).count());
}

void PrintMetrics(const RunRecord& run, Context& context) {
  if (run.metrics.empty()) return;
  using Align = Table::Align;
  Table table({{"METRIC"},
               {"LATEST", Align::kRight},
               {"STEP", Align::kRight},
               {"MIN", Align::kRight},
               {"MAX", Align::kRight},
               {"POINTS", Align::kRight}});
  for (const RunMetric& metric : run.metrics) {
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
  PrintMetrics(client.Get<RunRecord>("/api/v1/runs/" + net::EncodeComponent(run_id)), context);
}

}  // namespace orrery::cli
