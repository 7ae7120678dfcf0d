#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "cli/client.h"
#include "cli/context.h"
#include "cli/job_text.h"
#include "cli/table.h"
#include "jobs/query.h"

namespace orrery::cli {
namespace {

struct ListOptions {
  std::vector<std::string> states;
  std::string queue;
  std::string name;
  int limit = 20;
};

std::string ListTarget(const ListOptions& options) {
  std::string target = "/api/v1/jobs?limit=" + std::to_string(options.limit);
  for (const std::string& state : options.states) target += "&state=" + net::EncodeComponent(state);
  if (!options.queue.empty()) target += "&queue=" + net::EncodeComponent(options.queue);
  if (!options.name.empty()) target += "&name=" + net::EncodeComponent(options.name);
  return target;
}

void PrintList(const ListOptions& options, Context& context) {
  Client client(context);
  const std::string text = client.GetText(ListTarget(options));
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto page = FromJson<jobs::JobPage, Reading::kLenient>(text);
  if (page.jobs.empty()) {
    context.out << "No jobs. Submit one: orrery submit train.py\n";
    return;
  }
  const Instant now = context.clock.Now();
  Table table({{"JOB"}, {"NAME"}, {"STATE"}, {"SUBMITTED"}, {"TIME", Table::Align::kRight}, {"REASON"}});
  for (const jobs::Job& job : page.jobs) {
    table.Add({{job.id.text()},
               {job.name, Tint::kBold},
               {EnumName(job.state), TintOf(job.state)},
               {AgoText(job.submitted_at, now)},
               {RunTimeOf(job, now)},
               {job.reason, Tint::kDim}});
  }
  context.out << table.Text(context.terminal);
  if (page.next_page_token) context.out << "There are more: --limit N, or `--json` for all of a page.\n";
}

void PrintJob(const std::string& id, Context& context) {
  Client client(context);
  const std::string text = client.GetText("/api/v1/jobs/" + net::EncodeComponent(id));
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto job = FromJson<jobs::Job, Reading::kLenient>(text);
  const Instant now = context.clock.Now();
  const auto line = [&](const char* label, const std::string& value) {
    if (value.empty()) return;
    context.out << Tinted(context.terminal, Tint::kDim,
                          std::string(label) + std::string(11 - std::string(label).size(), ' '))
                << FitText(value, context.terminal.width == 0 ? 4096 : context.terminal.width - 11) << "\n";
  };
  std::string command;
  for (const std::string& word : job.spec.command) command += (command.empty() ? "" : " ") + word;
  line("Job", job.id.text());
  line("Name", job.name);
  line("State", Tinted(context.terminal, TintOf(job.state), EnumName(job.state)));
  line("Reason", job.reason);
  line("Command", command);
  line("Submitted", AgoText(job.submitted_at, now) + " by " + job.submitted_by);
  line("Time", RunTimeOf(job, now));
  line("Run", job.run_id);
  line("Page", client.base_url() + "/jobs/" + job.id.text());
  context.out << "\n";
  Table table({{"STATE"}, {"AT"}, {"CAUSE"}});
  for (const jobs::Transition& step : job.transitions) {
    table.Add({{EnumName(step.state), TintOf(step.state)}, {FormatInstant(step.at)}, {step.cause}});
  }
  context.out << table.Text(context.terminal);
}

void CancelJob(const std::string& id, Context& context) {
  Client client(context);
  const std::string text = client.PostText("/api/v1/jobs/" + net::EncodeComponent(id) + "/cancel", "");
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto job = FromJson<jobs::Job, Reading::kLenient>(text);
  context.out << "Job " << job.id.text() << ": " << (job.reason.empty() ? "ending" : job.reason) << "\n";
}

}  // namespace

void AddJobs(CLI::App& app, Context& context) {
  CLI::App* jobs = app.add_subcommand("jobs", "List jobs, show one, cancel one.");
  jobs->footer("Example: orrery jobs --state RUNNING --state QUEUED");
  const auto options = std::make_shared<ListOptions>();
  jobs->add_option("--state", options->states,
                   "Only jobs in this state: PENDING, QUEUED, STARTING, RUNNING, SUCCEEDED, "
                   "FAILED or CANCELLED; may be repeated.");
  jobs->add_option("--queue", options->queue, "Only jobs of this queue.");
  jobs->add_option("--name", options->name, "Only jobs of this name.");
  jobs->add_option("--limit", options->limit, "How many, 1 to 1000.")->capture_default_str();
  const auto id = std::make_shared<std::string>();
  CLI::App* show = jobs->add_subcommand("show", "Show one job with its steps.");
  show->footer("Example: orrery jobs show 3f2a9c");
  show->add_option("job", *id, "The job's id.")->required();
  CLI::App* cancel = jobs->add_subcommand("cancel", "End a job: SIGTERM, then SIGKILL after a grace time.");
  cancel->footer("Example: orrery jobs cancel 3f2a9c");
  cancel->add_option("job", *id, "The job's id.")->required();
  show->callback([id, &context] { PrintJob(*id, context); });
  cancel->callback([id, &context] { CancelJob(*id, context); });
  jobs->callback([jobs, options, &context] {
    if (jobs->get_subcommands().empty()) PrintList(*options, context);
  });
}

}  // namespace orrery::cli
