#include "cli/job_view.h"

#include <algorithm>
#include <ostream>

#include "cli/job_text.h"
#include "cli/table.h"
#include "cli/terminal_text.h"
#include "jobs/amounts.h"

namespace orrery::cli {
namespace {

using Room = Table::Room;

std::string AtText(Instant at) {
  return FormatInstant(at).replace(10, 1, " ").substr(0, 23);
}

/// "2 CPUs, 1 GiB, 2 GPUs of type H100 on each of 4 machines"
std::string NeedsOf(const jobs::JobSpec& spec) {
  std::string text = jobs::CpuText(static_cast<int64_t>(spec.cpus * 1000)) + ", " +
                     SizeText(static_cast<uint64_t>(spec.memory_bytes));
  if (spec.gpus > 0) text += ", " + jobs::GpuText(spec.gpus);
  if (spec.gpu_type) text += " of type " + *spec.gpu_type;
  if (spec.nodes > 1) text += " on each of " + std::to_string(spec.nodes) + " machines";
  return text;
}

std::string CommandOf(const jobs::JobSpec& spec) {
  std::string command;
  for (const std::string& word : spec.command) command += (command.empty() ? "" : " ") + word;
  return command;
}

void PrintFacts(Client& client, const jobs::Job& job, Context& context) {
  const Instant now = context.clock.Now();
  const auto line = [&](std::string_view label, const std::string& value, Tint tint = Tint::kPlain) {
    constexpr size_t kLabel = 11;
    constexpr size_t kLongest = 4096;
    if (value.empty()) return;
    context.out << Tinted(context.terminal, Tint::kDim, label) << std::string(kLabel - label.size(), ' ')
                << Tinted(context.terminal, tint, FitText(value, kLongest)) << "\n";
  };
  line("Job", job.id.text());
  line("Name", job.name);
  line("State", EnumName(job.state), TintOf(job.state));
  line("Reason", job.reason);
  line("Command", CommandOf(job.spec));
  line("Needs", NeedsOf(job.spec));
  line("Queue", job.spec.queue);
  line("Group", job.group.value_or(""));
  line("Submitted", AgoText(job.submitted_at, now) + " by " + job.submitted_by);
  line("Time", RunTimeOf(job, now));
  line("Run", job.run_id);
  line("Page", client.base_url() + "/jobs/" + job.id.text());
}

void PrintSteps(const jobs::Job& job, Context& context) {
  Table table({{"STATE"}, {"AT (UTC)"}, {.title = "CAUSE", .room = Room::kCut}});
  for (const jobs::Transition& step : job.transitions) {
    table.Add({{EnumName(step.state), TintOf(step.state)}, {AtText(step.at)}, {step.cause}});
  }
  context.out << "\n" << table.Text(context.terminal);
}

void PrintAttempts(const jobs::Job& job, Context& context) {
  using Align = Table::Align;
  const Instant now = context.clock.Now();
  Table table({{"ATTEMPT", Align::kRight},
               {"STATE"},
               {.title = "STARTED (UTC)", .room = Room::kSpare},
               {"TIME", Align::kRight},
               {.title = "END", .room = Room::kCut},
               {.title = "MEMORY", .align = Align::kRight, .room = Room::kSpare},
               {.title = "CPU", .align = Align::kRight, .room = Room::kSpare},
               {.title = "HELD BY", .room = Room::kSpare}});
  for (const jobs::Attempt& attempt : job.attempts) {
    table.Add({{std::to_string(attempt.number)},
               {EnumName(attempt.state), TintOf(attempt.state)},
               {attempt.started_at ? AtText(*attempt.started_at).substr(0, 19) : ""},
               {RunTimeOf(attempt, now)},
               {EndText(attempt)},
               {attempt.max_rss_bytes ? SizeText(static_cast<uint64_t>(*attempt.max_rss_bytes)) : ""},
               {attempt.cpu_seconds ? DurationText(*attempt.cpu_seconds) : ""},
               {attempt.enforcement.value_or("")}});
  }
  if (!table.empty()) context.out << "\n" << table.Text(context.terminal);
}

}  // namespace

void PrintJob(Client& client, const jobs::Job& job, Context& context) {
  PrintFacts(client, job, context);
  PrintSteps(job, context);
  PrintAttempts(job, context);
  PrintLogTail(job, context);
}

void PrintLogTail(const jobs::Job& job, Context& context) {
  if (job.state == jobs::JobState::kSucceeded) return;
  const auto failed =
      std::find_if(job.attempts.rbegin(), job.attempts.rend(), [](const jobs::Attempt& attempt) {
        return attempt.state == jobs::AttemptState::kFailed && !attempt.log_tail.value_or("").empty();
      });
  if (failed == job.attempts.rend()) return;
  const std::string heading =
      "The end of the log of " + job.name + ", attempt " + std::to_string(failed->number) + ":";
  std::string tail = *failed->log_tail;
  if (!tail.ends_with('\n')) tail += '\n';
  if (context.terminal.interactive) {
    TerminalText text;
    tail = text.Take(tail) + text.Rest();
  }
  context.out << "\n" << Tinted(context.terminal, Tint::kDim, heading) << "\n" << tail;
}

}  // namespace orrery::cli
