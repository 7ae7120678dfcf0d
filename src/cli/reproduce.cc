#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/describe/class.hpp>

#include "base/error.h"
#include "cli/client.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/show_job.h"
#include "cli/table.h"
#include "tracking/differences.h"

namespace orrery::cli {
namespace {

/// Measured by the server and not by the script: they tell of the machine's day, not of the result.

struct ReproduceOptions {
  std::string run;
  std::vector<std::string> ignored;
  bool bitwise = false;
  bool detach = false;
};

/// What the command prints with --json.
struct Reproduction {
  jobs::Job job;
  tracking::RunDifferences differences;
  bool identical = false;
};
BOOST_DESCRIBE_STRUCT(Reproduction, (), (job, differences, identical))

/// Takes out the metrics that are not compared.
void DropIgnored(tracking::RunDifferences& differences, const ReproduceOptions& options) {
  std::erase_if(differences.metrics, [&](const tracking::MetricDifference& metric) {
    return metric.key.starts_with(tracking::kSystemMetrics) ||
           std::ranges::count(options.ignored, metric.key) > 0;
  });
}

bool IsIdentical(const tracking::RunDifferences& differences) {
  return differences.params.empty() &&
         std::ranges::all_of(differences.metrics, &tracking::MetricDifference::identical);
}

std::string DifferenceText(const tracking::MetricDifference& metric) {
  if (metric.identical) return "none";
  if (metric.points_a != metric.points_b) {
    return std::to_string(metric.points_a) + " and " + std::to_string(metric.points_b) + " points";
  }
  const std::string from = "from step " + std::to_string(metric.first_step.value_or(0));
  return metric.greatest ? "at most " + NumberText(*metric.greatest) + ", " + from : from;
}

void PrintDifferences(const tracking::RunDifferences& differences, Context& context) {
  using Room = Table::Room;
  Table table({{.title = "METRIC", .room = Room::kCut},
               {"ORIGINAL", Table::Align::kRight},
               {"AGAIN", Table::Align::kRight},
               {.title = "DIFFERENCE", .room = Room::kCut}});
  const auto number = [](const std::optional<double>& value) { return value ? NumberText(*value) : ""; };
  for (const tracking::MetricDifference& metric : differences.metrics) {
    table.Add({{metric.key},
               {number(metric.a)},
               {number(metric.b)},
               {DifferenceText(metric), metric.identical ? Tint::kGreen : Tint::kYellow}});
  }
  if (!table.empty()) context.out << "\n" << table.Text(context.terminal);
  for (const tracking::ParamDifference& param : differences.params) {
    context.out << "The param " << param.key << " differs: " << param.a.value_or("none") << " and "
                << param.b.value_or("none") << "\n";
  }
  context.out << (IsIdentical(differences) ? "Every metric is the same, to the last bit.\n"
                                           : "The runs differ.\n");
}

void Reproduce(const ReproduceOptions& options, Context& context) {
  Client client(context);
  const std::string run = "/api/v1/runs/" + net::EncodeComponent(options.run);
  auto job =
      FromJson<jobs::Job, Reading::kLenient>(client.PostText(run + "/reproduce", "", context.random.Hex(16)));
  AnnounceJob(client, job, context);
  if (options.detach) {
    if (context.json) {
      context.out << ToJson(job) << "\n";
    } else {
      context.out << "Log   orrery logs -f " << job.id.text() << "\n"
                  << "Then  orrery runs compare " << options.run << " " << job.run_id << "\n";
    }
    return;
  }
  job = ShowToEnd(client, job, context);
  auto differences =
      client.Get<tracking::RunDifferences>(run + "/differences?to=" + net::EncodeComponent(job.run_id));
  DropIgnored(differences, options);
  const bool identical = IsIdentical(differences);
  if (options.bitwise && !identical) context.exit_code = kFailed;
  if (context.json) {
    context.out << ToJson(Reproduction{job, differences, identical}) << "\n";
    return;
  }
  PrintEnd(job, context);
  PrintDifferences(differences, context);
  context.out << "Page  " << client.base_url() << "/runs/" << job.run_id << "\n";
}

}  // namespace

void AddReproduce(CLI::App& app, Context& context) {
  CLI::App* reproduce = app.add_subcommand(
      "reproduce",
      "Run what made a run again, exactly, and put the metrics of both side by side.\n"
      "\n"
      "The same code, packages, inputs, params, seed and environment variables are submitted as a new job. "
      "An input that has changed since is named, and nothing is submitted.\n");
  reproduce->footer(
      HelpFooter("  orrery reproduce d62ff2f0df5dd25a969f073f9068784f\n"
                 "  orrery reproduce --bitwise --ignore samples_per_second d62ff2f0df5dd25a969f073f9068784f\n"
                 "Exit code: 0 when the job succeeded (and, with --bitwise, nothing differs), else 1."));
  const auto options = std::make_shared<ReproduceOptions>();
  reproduce->add_option("run", options->run, "The run's id.")->required()->type_name("");
  reproduce->add_flag("--bitwise", options->bitwise,
                      "Insist that every point of every metric is the same to the last bit. What the server "
                      "measures itself (system/...) is left out.");
  reproduce
      ->add_option("--ignore", options->ignored,
                   "Leave this metric out of the comparison, such as a speed; may be repeated.")
      ->type_name("KEY")
      ->allow_extra_args(false);
  reproduce->add_flag("--detach", options->detach, "Return once the job is submitted.");
  reproduce->callback([options, &context] { Reproduce(*options, context); });
}

}  // namespace orrery::cli
