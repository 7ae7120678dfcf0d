#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/error.h"
#include "cli/client.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/show_job.h"
#include "cli/table.h"
#include "tracking/differences.h"
#include "tracking/types.h"

namespace orrery::cli {
namespace {

struct ReproduceOptions {
  std::string run;
  std::vector<std::string> ignored;
  bool bitwise = false;
  bool detach = false;
};

/// What the comparison came to.
enum class Verdict { kIdentical, kDifferent, kNothingCompared };
BOOST_DESCRIBE_ENUM(Verdict, kIdentical, kDifferent, kNothingCompared)

/// What the command prints with --json.
struct Reproduction {
  jobs::Job job;
  tracking::RunDifferences differences;
  Verdict verdict = Verdict::kDifferent;
};
BOOST_DESCRIBE_STRUCT(Reproduction, (), (job, differences, verdict))

/// Takes out the metrics that are not compared.
void DropIgnored(tracking::RunDifferences& differences, const ReproduceOptions& options) {
  std::erase_if(differences.metrics, [&](const tracking::MetricDifference& metric) {
    return metric.key.starts_with(tracking::kSystemMetrics) ||
           std::ranges::count(options.ignored, metric.key) > 0;
  });
}

Verdict VerdictOn(const tracking::RunDifferences& differences) {
  const bool same = differences.params.empty() &&
                    std::ranges::all_of(differences.metrics, &tracking::MetricDifference::identical);
  if (!same) return Verdict::kDifferent;
  // Params say what was asked for and nothing of what came out.
  return differences.metrics.empty() ? Verdict::kNothingCompared : Verdict::kIdentical;
}

std::string_view VerdictText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kIdentical:
      return "Every metric is the same, to the last bit.";
    case Verdict::kDifferent:
      return "The runs differ.";
    case Verdict::kNothingCompared:
      return "Nothing was compared: the runs have no metric, or none but system/... and the ignored ones. "
             "That "
             "the same comes out is not proven.";
  }
  return "";
}

/// What --bitwise makes of a reproduction whose job succeeded.
ExitCode BitwiseCode(Verdict verdict) {
  if (verdict == Verdict::kIdentical) return kOk;
  return verdict == Verdict::kDifferent ? kFailed : kNotProven;
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
  const Verdict verdict = VerdictOn(differences);
  if (options.bitwise && context.exit_code == kOk) context.exit_code = BitwiseCode(verdict);
  if (context.json) {
    context.out << ToJson(Reproduction{job, differences, verdict}) << "\n";
    return;
  }
  PrintEnd(job, context);
  PrintDifferences(differences, context);
  context.out << VerdictText(verdict) << "\n"
              << "Page  " << client.base_url() << "/runs/" << job.run_id << "\n";
}

}  // namespace

void AddReproduce(CLI::App& app, Context& context) {
  CLI::App* reproduce = app.add_subcommand(
      "reproduce",
      "Run what made a run again, exactly, and put the metrics of both side by side.\n"
      "\n"
      "The same code, packages, inputs, params, seed and environment variables are submitted as a new job. "
      "An input that has changed since is named, and nothing is submitted.\n");
  reproduce->footer(HelpFooter(
      "  orrery reproduce d62ff2f0df5dd25a969f073f9068784f\n"
      "  orrery reproduce --bitwise --ignore samples_per_second d62ff2f0df5dd25a969f073f9068784f\n"
      "Exit code: 0 when the job succeeded (and, with --bitwise, nothing differs), 4 when --bitwise found "
      "nothing to compare, else 1."));
  const auto options = std::make_shared<ReproduceOptions>();
  reproduce->add_option("run", options->run, "The run's id.")->required()->type_name("");
  CLI::Option* bitwise = reproduce->add_flag("--bitwise", options->bitwise,
                                             "Insist that there are metrics, and that every point of each is "
                                             "the same to the last bit. What the server "
                                             "measures itself (system/...) is left out.");
  reproduce
      ->add_option("--ignore", options->ignored,
                   "Leave this metric out of the comparison, such as a speed; may be repeated.")
      ->type_name("KEY")
      ->allow_extra_args(false);
  reproduce
      ->add_flag("-d,--detach", options->detach, "Return once the job is submitted, and compare nothing.")
      ->excludes(bitwise);
  reproduce->callback([options, &context] { Reproduce(*options, context); });
}

}  // namespace orrery::cli
