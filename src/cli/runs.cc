#include <algorithm>
#include <memory>
#include <ostream>
#include <set>

#include <CLI/CLI.hpp>

#include "cli/client.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/job_text.h"
#include "cli/run_text.h"
#include "cli/table.h"

namespace orrery::cli {
namespace {

struct SearchOptions {
  std::vector<std::string> experiments;
  std::string filter;
  std::vector<std::string> order_by;
  std::vector<std::string> metrics;
  int limit = 20;
};

std::string SearchTarget(const SearchOptions& options) {
  std::string target = "/api/v1/runs?limit=" + std::to_string(options.limit);
  for (const std::string& name : options.experiments) target += "&experiment=" + net::EncodeComponent(name);
  if (!options.filter.empty()) target += "&filter=" + net::EncodeComponent(options.filter);
  for (const std::string& order : options.order_by) target += "&order_by=" + net::EncodeComponent(order);
  return target;
}

/// The metrics that most of the runs have, at most three, unless the user names them.
std::vector<std::string> MetricColumns(const SearchOptions& options,
                                       const std::vector<tracking::RunView>& runs) {
  if (!options.metrics.empty()) return options.metrics;
  constexpr size_t kMost = 3;
  std::map<std::string, int> count;
  for (const tracking::RunView& run : runs) {
    for (const tracking::MetricView& metric : run.metrics) {
      if (!metric.key.starts_with(tracking::kSystemMetrics)) ++count[metric.key];
    }
  }
  std::vector<std::pair<int, std::string>> ranked;
  for (const auto& [key, times] : count) ranked.emplace_back(-times, key);
  std::ranges::sort(ranked);
  std::vector<std::string> columns;
  for (size_t i = 0; i < std::min(kMost, ranked.size()); ++i) columns.push_back(ranked[i].second);
  return columns;
}

std::string LatestOf(const tracking::RunView& run, const std::string& key) {
  const auto found = std::ranges::find(run.metrics, key, &tracking::MetricView::key);
  return found == run.metrics.end() ? "" : NumberText(found->value);
}

void Search(const SearchOptions& options, Context& context) {
  Client client(context);
  const std::string text = client.GetText(SearchTarget(options));
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto page = FromJson<tracking::RunViewPage, Reading::kLenient>(text);
  if (page.runs.empty()) {
    context.out << "No runs" << (options.filter.empty() ? ". Make one: orrery submit train.py" : " match.")
                << "\n";
    return;
  }
  const std::vector<std::string> metrics = MetricColumns(options, page.runs);
  using Room = Table::Room;
  std::vector<Table::Column> columns = {{"RUN"}, {.title = "NAME", .room = Room::kCut}, {"STATUS"}};
  for (const std::string& key : metrics) columns.push_back({key, Table::Align::kRight, Room::kSpare});
  columns.push_back({"TIME", Table::Align::kRight, Room::kSpare});
  columns.push_back({.title = "STARTED", .room = Room::kSpare});
  columns.push_back({.title = "EXPERIMENT", .room = Room::kSpare});
  Table table(columns);
  const Instant now = context.clock.Now();
  for (const tracking::RunView& run : page.runs) {
    std::vector<Table::Cell> row = {
        {run.id.text()}, {run.name, Tint::kBold}, {EnumName(run.status), TintOf(run.status)}};
    for (const std::string& key : metrics) row.push_back({LatestOf(run, key)});
    row.push_back({RunTimeOf(run, now)});
    row.push_back({AgoText(run.started_at, now)});
    row.push_back({run.experiment_name});
    table.Add(std::move(row));
  }
  context.out << table.Text(context.terminal);
  if (page.next_page_token) context.out << "There are more: --limit N, or a narrower --filter.\n";
}

void Show(const std::string& id, Context& context) {
  Client client(context);
  const std::string text = client.GetText("/api/v1/runs/" + net::EncodeComponent(id));
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto run = FromJson<tracking::RunView, Reading::kLenient>(text);
  const Instant now = context.clock.Now();
  Table facts({{"RUN"}, {run.id.text()}});
  const auto add = [&](const char* label, const std::string& value, Tint tint = Tint::kPlain) {
    if (!value.empty()) facts.Add({{label, Tint::kDim}, {value, tint}});
  };
  add("Name", run.name);
  add("Experiment", run.experiment_name);
  add("Status", EnumName(run.status), TintOf(run.status));
  add("Started", AgoText(run.started_at, now) + (run.user.empty() ? "" : " by " + run.user));
  add("Time", RunTimeOf(run, now));
  add("Job", run.job_id.value_or(""));
  add("Commit", run.git_commit.value_or(""));
  add("Page", client.base_url() + "/runs/" + run.id.text());
  context.out << facts.Text(context.terminal) << "\n";
  PrintMetrics(run, context);
  if (!run.params.empty()) {
    Table params(
        {{.title = "PARAM", .room = Table::Room::kCut}, {.title = "VALUE", .room = Table::Room::kCut}});
    for (const auto& [key, value] : run.params) params.Add({{key}, {value}});
    context.out << "\n" << params.Text(context.terminal);
  }
}

/// A run's name, or the beginning of its id where another one has the same name.
std::string TitleOf(const tracking::RunView& run, const std::vector<tracking::RunView>& runs) {
  constexpr size_t kEnough = 8;
  return std::ranges::count(runs, run.name, &tracking::RunView::name) > 1 ? run.id.text().substr(0, kEnough)
                                                                          : run.name;
}

/// One row a param or metric, one column a run; what differs is bold.
void Compare(const std::vector<std::string>& ids, Context& context) {
  Client client(context);
  std::vector<tracking::RunView> runs;
  for (const std::string& id : ids)
    runs.push_back(client.Get<tracking::RunView>("/api/v1/runs/" + net::EncodeComponent(id)));
  if (context.json) {
    context.out << ToJson(tracking::RunViewPage{.runs = runs, .next_page_token = std::nullopt}) << "\n";
    return;
  }
  using Room = Table::Room;
  std::vector<Table::Column> columns = {{"KIND"}, {.title = "KEY", .room = Room::kCut}};
  for (const tracking::RunView& run : runs)
    columns.push_back({TitleOf(run, runs), Table::Align::kRight, Room::kCut});
  Table table(columns);
  const auto add = [&](const char* kind, const std::string& key, const std::vector<std::string>& values) {
    const bool differs = std::ranges::adjacent_find(values, std::ranges::not_equal_to()) != values.end();
    std::vector<Table::Cell> row = {{kind, Tint::kDim}, {key}};
    for (const std::string& value : values) row.push_back({value, differs ? Tint::kBold : Tint::kDim});
    table.Add(std::move(row));
  };
  std::set<std::string> params;
  std::set<std::string> metrics;
  std::vector<std::string> statuses;
  std::vector<std::string> times;
  for (const tracking::RunView& run : runs) {
    for (const auto& [key, value] : run.params) params.insert(key);
    for (const tracking::MetricView& metric : run.metrics) metrics.insert(metric.key);
    statuses.push_back(EnumName(run.status));
    times.push_back(RunTimeOf(run, context.clock.Now()));
  }
  add("", "status", statuses);
  add("", "time", times);
  const auto each = [&](const char* kind, const std::set<std::string>& keys, auto value_of) {
    for (const std::string& key : keys) {
      std::vector<std::string> values;
      for (const tracking::RunView& run : runs) values.push_back(value_of(run, key));
      add(kind, key, values);
    }
  };
  each("param", params, [](const tracking::RunView& run, const std::string& key) {
    const auto found = run.params.find(key);
    return found == run.params.end() ? std::string("") : found->second;
  });
  each("metric", metrics, LatestOf);
  context.out << table.Text(context.terminal);
}

}  // namespace

void AddRuns(CLI::App& app, Context& context) {
  CLI::App* runs = app.add_subcommand("runs", "Search runs, show one, compare several.");
  runs->footer(
      HelpFooter("  orrery runs --experiment flights --filter \"metrics.val_auc > 0.7\"\n"
                 "  orrery runs --order-by \"metrics.val_auc DESC\" --limit 5"));
  const auto options = std::make_shared<SearchOptions>();
  runs->add_option("--experiment", options->experiments,
                   "Only runs of this experiment (name or id); may be repeated.")
      ->type_name("NAME")
      ->allow_extra_args(false);
  runs->add_option("--filter", options->filter,
                   "MLflow's search grammar: metrics.loss < 0.1 and params.lr = '0.01'.")
      ->type_name("TEXT");
  runs->add_option("--order-by", options->order_by,
                   "Like \"metrics.loss ASC\"; may be repeated [default: newest first].")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  runs->add_option("--metric", options->metrics,
                   "Metric to show as a column; may be repeated [default: the commonest].")
      ->type_name("KEY")
      ->allow_extra_args(false);
  runs->add_option("--limit", options->limit, "How many, 1 to 1000 [default 20].")->type_name("N");

  const auto ids = std::make_shared<std::vector<std::string>>();
  CLI::App* show = runs->add_subcommand("show", "Show one run: params, metrics, where it came from.");
  show->footer(HelpFooter("  orrery runs show d62ff2f0df5dd25a969f073f9068784f"));
  show->add_option("run", *ids, "The run's id.")->required()->expected(1)->type_name("");
  CLI::App* compare = runs->add_subcommand("compare", "Put runs side by side; what differs is bold.");
  compare->footer(
      HelpFooter("  orrery runs compare d62ff2f0df5dd25a969f073f9068784f 80e01bcb06bea29124b018a6b5592886"));
  compare->add_option("run", *ids, "The runs' ids, two or more.")->required()->expected(2, 20)->type_name("");
  show->callback([ids, &context] { Show(ids->front(), context); });
  compare->callback([ids, &context] { Compare(*ids, context); });
  runs->callback([runs, options, &context] {
    if (runs->get_subcommands().empty()) Search(*options, context);
  });
}

}  // namespace orrery::cli
