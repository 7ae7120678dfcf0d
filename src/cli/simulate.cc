#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/describe/class.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/table.h"
#include "jobs/simulation.h"
#include "server/config.h"

namespace orrery::cli {
namespace {

constexpr size_t kMostBytes = size_t{1} << 30;

struct SimulateOptions {
  std::string trace;
  std::vector<std::string> policies;
  int64_t gpus = 0;
  std::string from;
  std::string to;
};

/// What `admin simulate --json` prints.
struct Comparison {
  std::string trace;
  std::vector<jobs::SimulationResult> policies;
};
BOOST_DESCRIBE_STRUCT(Comparison, (), (trace, policies))

std::string ReadText(const std::string& path, FileSystem& files) {
  try {
    return files.ReadAll(server::AbsolutePath(path), kMostBytes);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    throw InvalidField("TRACE", "no such file: " + path);
  }
}

std::vector<jobs::TraceJob> ReadJobs(const SimulateOptions& options, Context& context) {
  auto list = jobs::ReadTrace(ReadText(options.trace, context.files));
  const auto time = [](const std::string& flag, const std::string& text) {
    try {
      return jobs::ParseTraceTime(text).time_since_epoch().count();
    } catch (const Error& error) {
      throw InvalidField(flag, error.what());
    }
  };
  if (!options.from.empty()) {
    const int64_t from_us = time("--from", options.from);
    std::erase_if(list, [&](const jobs::TraceJob& job) { return job.submitted_us < from_us; });
  }
  if (!options.to.empty()) {
    const int64_t to_us = time("--to", options.to);
    std::erase_if(list, [&](const jobs::TraceJob& job) { return job.submitted_us >= to_us; });
  }
  if (list.empty())
    throw Error(Code::kInvalidArgument, "the trace has no job in that time: " + options.trace);
  return list;
}

/// How many GPUs were busy on average, from the first submission to the last: the pool that the jobs just fill.
int64_t MeanDemand(const std::vector<jobs::TraceJob>& list) {
  double busy_us = 0;
  for (const jobs::TraceJob& job : list)
    busy_us += static_cast<double>(job.duration_us) * static_cast<double>(job.gpus);
  const int64_t span_us = std::max<int64_t>(list.back().submitted_us - list.front().submitted_us, 1);
  const double mean = std::ceil(busy_us / static_cast<double>(span_us));
  return std::clamp<int64_t>(static_cast<int64_t>(std::min(mean, 1e6)), 1, 1'000'000);
}

/// The policies asked for, in the order of the table of contents; all of them when none is named. Beside predictions
/// stands what knowing the durations would give.
std::vector<jobs::SimulatedPolicy> Chosen(const std::vector<std::string>& names) {
  const auto named = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto wanted = [&](const jobs::SimulatedPolicy& policy) {
    return names.empty() || named(policy.name) || (policy.name == "sjf" && named("predicted_sjf"));
  };
  std::vector<jobs::SimulatedPolicy> chosen;
  for (const jobs::SimulatedPolicy& policy : jobs::SimulatedPolicies()) {
    if (wanted(policy)) chosen.push_back(policy);
  }
  return chosen;
}

std::vector<std::string> PolicyNames() {
  std::vector<std::string> names;
  for (const jobs::SimulatedPolicy& policy : jobs::SimulatedPolicies()) names.emplace_back(policy.name);
  return names;
}

std::string Seconds(double value) {
  return std::to_string(std::llround(value));
}

void Print(const std::vector<jobs::SimulationResult>& results, Context& context) {
  using Align = Table::Align;
  using Room = Table::Room;
  Table table({{"POLICY"},
               {"MEAN", Align::kRight},
               {"MEDIAN", Align::kRight},
               {"P99", Align::kRight},
               {"WAIT", Align::kRight},
               {"WAIT 8+", Align::kRight, Room::kSpare},
               {"USED", Align::kRight, Room::kSpare},
               {"PREEMPTED", Align::kRight, Room::kSpare}});
  for (const jobs::SimulationResult& result : results) {
    table.Add({{result.policy},
               {Seconds(result.mean_completion)},
               {Seconds(result.median_completion)},
               {Seconds(result.p99_completion)},
               {Seconds(result.mean_wait)},
               {Seconds(result.mean_wait_large)},
               {std::to_string(std::lround(result.utilisation * 1000) / 10.0).substr(0, 4) + "%"},
               {std::to_string(result.preemptions)}});
  }
  context.out << results.front().jobs << " jobs on " << results.front().gpus
              << " GPUs; seconds from submission to completion, and of these waiting (8+: of jobs on 8 GPUs "
                 "or more)\n\n"
              << table.Text(context.terminal);
}

void Simulate(const SimulateOptions& options, Context& context) {
  const auto list = ReadJobs(options, context);
  const int64_t gpus = options.gpus > 0 ? options.gpus : MeanDemand(list);
  Comparison comparison{.trace = options.trace, .policies = {}};
  for (const jobs::SimulatedPolicy& policy : Chosen(options.policies))
    comparison.policies.push_back(jobs::Simulate(list, policy, gpus));
  if (context.json) {
    context.out << ToJson(comparison) << "\n";
  } else {
    Print(comparison.policies, context);
  }
}

}  // namespace

void AddSimulate(CLI::App& admin, Context& context) {
  CLI::App* simulate = admin.add_subcommand(
      "simulate",
      "Replay a list of jobs through the scheduler in virtual time, and compare policies.\n"
      "\n"
      "TRACE is a CSV file whose first line names its columns: timestamp, duration (seconds) and num_gpus; "
      "queue (or cluster), user and name help to predict durations.\n");
  std::string footer =
      "  orrery admin simulate jobs.csv --gpus 512\n"
      "  orrery admin simulate jobs.csv --gpus 64 --policy easy --policy predicted_sjf --from 2017-10-01\n"
      "\n"
      "Policies:\n";
  for (const jobs::SimulatedPolicy& policy : jobs::SimulatedPolicies()) {
    const std::string name(policy.name);
    footer += "  " + name + std::string(16 - name.size(), ' ') + std::string(policy.says) + "\n";
  }
  simulate->footer(HelpFooter(footer));
  const auto options = std::make_shared<SimulateOptions>();
  simulate->add_option("trace", options->trace, "The list of jobs.")->required()->type_name("TRACE");
  simulate
      ->add_option("--gpus", options->gpus,
                   "How many GPUs the pool has [default: as many as the jobs keep busy on average].")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
      ->type_name("N");
  simulate
      ->add_option("--policy", options->policies,
                   "Only this policy; may be given several times [default: all].")
      ->check(CLI::IsMember(PolicyNames()))
      ->type_name("NAME");
  simulate->add_option("--from", options->from, "Only jobs submitted at this time or later (UTC).")
      ->type_name("DATE");
  simulate->add_option("--to", options->to, "Only jobs submitted before this time (UTC).")->type_name("DATE");
  simulate->callback([options, &context] { Simulate(*options, context); });
}

}  // namespace orrery::cli
