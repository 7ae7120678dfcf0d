#include "jobs/cluster.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <ostream>
#include <sstream>
#include <thread>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/client.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/job_text.h"
#include "cli/table.h"

namespace orrery::cli {
namespace {

using Align = Table::Align;
using Room = Table::Room;

constexpr std::chrono::seconds kBetweenLooks{1};

struct ClusterOptions {
  bool watch = false;
  int limit = 20;
};

/// "1.5 of 4 used"
std::string UsedText(double used, double total) {
  return NumberText(used) + " of " + NumberText(total);
}

std::string UsedBytes(int64_t free, int64_t total) {
  return SizeText(static_cast<uint64_t>(std::max<int64_t>(0, total - free))) + " of " +
         SizeText(static_cast<uint64_t>(total));
}

std::string PercentText(double fraction) {
  return NumberText(std::round(fraction * 1000) / 10) + "%";
}

/// "H100 2 of 4, A100 0 of 1"
std::string GpuText(const jobs::Node& node) {
  std::string text;
  for (const jobs::GpuUse& gpu : node.gpu_types) {
    text += (text.empty() ? "" : ", ") + (gpu.type.empty() ? "" : gpu.type + " ") +
            std::to_string(gpu.total - gpu.free) + " of " + std::to_string(gpu.total);
  }
  return text.empty() ? "none" : text;
}

/// What is held of the kind of which least is left, drawn in ten places.
std::string BarOf(const jobs::Node& node) {
  constexpr int kPlaces = 10;
  double used = node.cpus > 0 ? 1 - node.cpus_free / node.cpus : 0;
  const auto fraction = [](int64_t free, int64_t total) {
    return total > 0 ? 1 - static_cast<double>(free) / static_cast<double>(total) : 0;
  };
  used = std::max(
      {used, fraction(node.memory_free_bytes, node.memory_bytes), fraction(node.gpus_free, node.gpus)});
  const int full = std::clamp(static_cast<int>(std::ceil(used * kPlaces - 1e-9)), 0, kPlaces);
  std::string bar;
  for (int i = 0; i < kPlaces; ++i) bar += i < full ? "█" : "░";
  return bar;
}

/// "0.5 CPU, 64 MiB", "4 CPU, 8 GiB, 2 H100", "2 x (1 CPU, 1 GiB)"
template <typename T>
std::string NeedText(const T& job, size_t nodes) {
  std::string text = NumberText(job.cpus) + " CPU, " + SizeText(static_cast<uint64_t>(job.memory_bytes));
  if (job.gpus > 0) text += ", " + std::to_string(job.gpus) + " " + job.gpu_type.value_or("GPU");
  return nodes > 1 ? std::to_string(nodes) + " x (" + text + ")" : text;
}

std::string NodesText(const jobs::Holder& job) {
  std::string text;
  for (const std::string& node : job.nodes) text += (text.empty() ? "" : ", ") + node;
  return text;
}

std::string InText(std::optional<Instant> at, Instant now) {
  if (!at) return "";
  const double seconds = std::chrono::duration<double>(*at - now).count();
  return seconds > 0 ? "in " + DurationText(seconds) : "overdue";
}

std::string NodeTable(const jobs::Cluster& cluster, const Terminal& terminal) {
  const bool draw = terminal.interactive;
  std::vector<Table::Column> columns = {{.title = "NODE", .room = Room::kCut}};
  if (draw) columns.push_back({.title = "IN USE", .room = Room::kSpare});
  columns.insert(columns.end(), {{"CPUS USED"}, {"MEMORY USED"}, {.title = "GPUS USED", .room = Room::kCut}});
  Table table(columns);
  for (const jobs::Node& node : cluster.nodes) {
    std::vector<Table::Cell> row = {{node.name, Tint::kBold}};
    if (draw) row.push_back({BarOf(node), Tint::kBlue});
    row.push_back({UsedText(node.cpus - node.cpus_free, node.cpus)});
    row.push_back({UsedBytes(node.memory_free_bytes, node.memory_bytes)});
    row.push_back({GpuText(node)});
    table.Add(std::move(row));
  }
  return table.Text(terminal);
}

std::string QueueTable(const jobs::Cluster& cluster, const Terminal& terminal) {
  Table table({{.title = "QUEUE", .room = Room::kCut},
               {.title = "POLICY", .room = Room::kSpare},
               {"SHARE", Align::kRight},
               {"GUARANTEED", Align::kRight, Room::kSpare},
               {"LIMIT", Align::kRight, Room::kSpare},
               {"RUNNING", Align::kRight},
               {"WAITING", Align::kRight}});
  for (const jobs::QueueUse& queue : cluster.queues) {
    table.Add({{queue.name, Tint::kBold},
               {queue.policy},
               {PercentText(queue.share)},
               {PercentText(queue.guaranteed)},
               {PercentText(queue.limit)},
               {std::to_string(queue.jobs_running)},
               {std::to_string(queue.jobs_waiting)}});
  }
  return table.Text(terminal);
}

std::string RunningTable(const jobs::Cluster& cluster, const Terminal& terminal, Instant now) {
  Table table({{"RUNNING"},
               {.title = "NAME", .room = Room::kCut},
               {.title = "QUEUE", .room = Room::kSpare},
               {.title = "ON", .room = Room::kSpare},
               {.title = "HOLDS", .room = Room::kCut},
               {"FOR", Align::kRight},
               {"ENDS", Align::kRight, Room::kSpare}});
  for (const jobs::Holder& job : cluster.running) {
    table.Add({{job.job_id},
               {job.name, Tint::kBold},
               {job.queue},
               {NodesText(job)},
               {NeedText(job, job.nodes.size())},
               {DurationText(std::chrono::duration<double>(now - job.started_at).count())},
               {job.ending ? "was told to end" : InText(job.expected_end_at, now),
                job.ending ? Tint::kYellow : Tint::kPlain}});
  }
  return table.Text(terminal);
}

/// In a pipe the reasons are a column; on a terminal each stands whole below its job, in as many lines as it takes.
std::string WaitingTable(const jobs::Cluster& cluster, const Terminal& terminal) {
  std::vector<Table::Column> columns = {{"#", Align::kRight},
                                        {"WAITING"},
                                        {.title = "NAME", .room = Room::kCut},
                                        {.title = "QUEUE", .room = Room::kSpare},
                                        {"PRIORITY", Align::kRight, Room::kSpare},
                                        {.title = "NEEDS", .room = Room::kSpare}};
  if (!terminal.interactive) columns.push_back({"REASON"});
  Table table(columns);
  for (const jobs::Waiter& job : cluster.waiting) {
    std::vector<Table::Cell> row = {
        {std::to_string(job.position)}, {job.job_id},
        {job.name, Tint::kBold},        {job.queue},
        {std::to_string(job.priority)}, {NeedText(job, static_cast<size_t>(job.nodes))}};
    if (!terminal.interactive) row.push_back({job.reason});
    table.Add(std::move(row));
  }
  if (!terminal.interactive) return table.Text(terminal);
  constexpr size_t kIndent = 3;
  std::istringstream lines(table.Text(terminal));
  std::string text, line;
  std::getline(lines, text);
  text += "\n";
  for (const jobs::Waiter& job : cluster.waiting) {
    std::getline(lines, line);
    const std::string reason = FitText(job.reason, job.reason.size());  // no control characters
    text += line + "\n" + std::string(kIndent, ' ') +
            Tinted(terminal, Tint::kDim, WrapText(reason, terminal.width, kIndent)) + "\n";
  }
  return text;
}

std::string MoreText(size_t shown, int64_t all, const char* what) {
  const int64_t more = all - static_cast<int64_t>(shown);
  return more > 0 ? "and " + std::to_string(more) + " more " + what + ": --limit N shows up to 1000\n" : "";
}

std::string ClusterText(const jobs::Cluster& cluster, const Terminal& terminal, Instant now) {
  std::string text = NodeTable(cluster, terminal);
  if (!cluster.queues.empty()) text += "\n" + QueueTable(cluster, terminal);
  if (!cluster.running.empty()) text += "\n" + RunningTable(cluster, terminal, now);
  text += MoreText(cluster.running.size(), cluster.jobs_running, "run");
  if (!cluster.waiting.empty()) text += "\n" + WaitingTable(cluster, terminal);
  text += MoreText(cluster.waiting.size(), cluster.jobs_waiting, "wait");
  if (cluster.jobs_running + cluster.jobs_waiting == 0) text += "\nNo job runs and none waits.\n";
  return text;
}

/// Draws over what was there: each line is cleared behind its end, and so is the rest of the screen.
std::string OverText(const std::string& text) {
  std::string out = "\x1b[H";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += line + "\x1b[K\n";
  return out + "\x1b[J";
}

void Show(const ClusterOptions& options, Context& context) {
  if (options.watch && (context.json || !context.terminal.interactive)) {
    throw InvalidField("watch", "draws on a terminal: for a script, ask again with --json");
  }
  Client client(context);
  const std::string target = "/api/v1/cluster?limit=" + std::to_string(options.limit);
  if (context.json) {
    context.out << client.GetText(target) << "\n";
    return;
  }
  if (options.watch) context.out << "\x1b[2J";
  do {
    const std::string text =
        ClusterText(client.Get<jobs::Cluster>(target), context.terminal, context.clock.Now());
    context.out << (options.watch ? OverText(text) : text) << std::flush;
    if (options.watch) std::this_thread::sleep_for(kBetweenLooks);
  } while (options.watch && context.out);
}

}  // namespace

void AddCluster(CLI::App& app, Context& context) {
  CLI::App* cluster =
      app.add_subcommand("cluster", "Show the machines, the queues, who runs and why others wait.");
  cluster->footer(HelpFooter("  orrery cluster --watch\n  orrery cluster --json --limit 1000"));
  const auto options = std::make_shared<ClusterOptions>();
  cluster->add_flag("--watch", options->watch, "Draw it again every second until Ctrl-C.");
  cluster->add_option("--limit", options->limit, "How many running and waiting jobs, 0 to 1000 [default 20].")
      ->check(CLI::Range(0, 1000))
      ->type_name("N");
  cluster->callback([options, &context] { Show(*options, context); });
}

}  // namespace orrery::cli
