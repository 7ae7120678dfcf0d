#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/client.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/job_text.h"
#include "cli/job_view.h"
#include "cli/table.h"
#include "jobs/query.h"

namespace orrery::cli {
namespace {

struct ListOptions {
  std::vector<std::string> states;
  std::string queue, name, group;
  int limit = 20;

  bool IsFiltered() const { return !states.empty() || !(queue + name + group).empty(); }
};

std::string ListTarget(const ListOptions& options) {
  std::string target = "/api/v1/jobs?limit=" + std::to_string(options.limit);
  const auto add = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) target += "&" + key + "=" + net::EncodeComponent(value);
  };
  for (const std::string& state : options.states) add("state", state);
  add("queue", options.queue);
  add("name", options.name);
  add("group", options.group);
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
    context.out << (options.IsFiltered() ? "No jobs match.\n"
                                         : "No jobs. Submit one: orrery submit train.py\n");
    return;
  }
  const Instant now = context.clock.Now();
  using Room = Table::Room;
  Table table({{"JOB"},
               {.title = "NAME", .room = Room::kCut},
               {"STATE"},
               {"TIME", Table::Align::kRight, Room::kSpare},
               {.title = "SUBMITTED", .room = Room::kSpare},
               {.title = "REASON", .room = Room::kSpare}});
  for (const jobs::Job& job : page.jobs) {
    table.Add({{job.id.text()},
               {job.name, Tint::kBold},
               {EnumName(job.state), TintOf(job.state)},
               {RunTimeOf(job, now)},
               {AgoText(job.submitted_at, now)},
               {job.reason, Tint::kDim}});
  }
  context.out << table.Text(context.terminal);
  if (page.next_page_token) context.out << "There are more: --limit N shows up to 1000.\n";
}

void ShowJob(const std::string& id, Context& context) {
  Client client(context);
  const std::string text = client.GetText("/api/v1/jobs/" + net::EncodeComponent(id));
  if (context.json) {
    context.out << text << "\n";
  } else {
    PrintJob(client, FromJson<jobs::Job, Reading::kLenient>(text), context);
  }
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

void CancelGroup(const std::string& group, Context& context) {
  Client client(context);
  const std::string text =
      client.PostText("/api/v1/job-groups/" + net::EncodeComponent(group) + "/cancel", "");
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto list = FromJson<jobs::JobList, Reading::kLenient>(text);
  for (const jobs::Job& job : list.jobs)
    context.out << "Job " << job.id.text() << " (" << job.name << "): " << job.reason << "\n";
  if (list.jobs.empty()) context.out << "All jobs of this group have ended.\n";
}

}  // namespace

void AddJobs(CLI::App& app, Context& context) {
  CLI::App* jobs = app.add_subcommand("jobs", "List jobs, show one, cancel one.");
  jobs->footer(
      HelpFooter("  orrery jobs --state RUNNING --state QUEUED\n"
                 "  orrery jobs show 0694f1094601ed72ec21718d0976cea2"));
  const auto options = std::make_shared<ListOptions>();
  jobs->add_option("--state", options->states,
                   "Only jobs in this state: PENDING, QUEUED, STARTING, RUNNING, SUCCEEDED, "
                   "FAILED or CANCELLED; may be repeated.")
      ->type_name("STATE")
      ->allow_extra_args(false);
  jobs->add_option("--queue", options->queue, "Only jobs of this queue.")->type_name("QUEUE");
  jobs->add_option("--name", options->name, "Only jobs of this name.")->type_name("NAME");
  jobs->add_option("--group", options->group, "Only jobs of this group, such as an array's.")
      ->type_name("GROUP");
  jobs->add_option("--limit", options->limit, "How many, 1 to 1000 [default 20].")->type_name("N");
  const auto id = std::make_shared<std::string>();
  CLI::App* show =
      jobs->add_subcommand("show", "Show one job: why it waits, its steps, its attempts, how it ended.");
  show->footer(HelpFooter("  orrery jobs show 0694f1094601ed72ec21718d0976cea2"));
  show->add_option("job", *id, "The job's id.")->required()->type_name("");
  CLI::App* cancel = jobs->add_subcommand("cancel", "End a job: SIGTERM, then SIGKILL after a grace time.");
  cancel->footer(HelpFooter("  orrery jobs cancel 0694f1094601ed72ec21718d0976cea2"));
  const auto group = std::make_shared<std::string>();
  CLI::Option* one = cancel->add_option("job", *id, "The job's id.")->type_name("");
  cancel->add_option("--group", *group, "All jobs of this group.")->type_name("NAME")->excludes(one);
  show->callback([id, &context] { ShowJob(*id, context); });
  cancel->callback([id, group, &context] {
    if (id->empty() && group->empty()) throw InvalidField("job", "give a job's id, or --group NAME");
    group->empty() ? CancelJob(*id, context) : CancelGroup(*group, context);
  });
  jobs->callback([jobs, options, &context] {
    if (jobs->get_subcommands().empty()) PrintList(*options, context);
  });
}

}  // namespace orrery::cli
