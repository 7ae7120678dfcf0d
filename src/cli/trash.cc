#include "tracking/trash.h"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "cli/client.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/job_text.h"
#include "cli/table.h"

namespace orrery::cli {
namespace {

using tracking::Emptied;

struct TrashOptions {
  bool empty = false;
  tracking::EmptyTrash what;
};

std::string Counted(int64_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

void PrintSummary(Context& context) {
  Client client(context);
  const std::string text = client.GetText("/api/v1/trash");
  if (context.json) {
    context.out << text << "\n";
    return;
  }
  const auto trash = FromJson<tracking::TrashSummary, Reading::kLenient>(text);
  context.out << Counted(trash.runs, "deleted run") << ", "
              << Counted(trash.experiments, "deleted experiment");
  if (trash.oldest_deleted_at)
    context.out << "; the oldest " << AgoText(*trash.oldest_deleted_at, context.clock.Now());
  context.out << ".\nThey go for good after " << Counted(trash.retention_days, "day")
              << ", or by: orrery admin trash --empty\n";
}

void Add(Emptied& total, Emptied part) {
  total.runs += part.runs;
  total.experiments += part.experiments;
  total.logged_models += part.logged_models;
  total.bytes += part.bytes;
  total.runs_kept = part.runs_kept;  // each call looks at them again
  total.kept = std::move(part.kept);
  total.more = part.more;
}

void PrintEmptied(const Emptied& emptied, bool dry_run, Context& context) {
  context.out << Counted(emptied.runs, "run") << ", " << Counted(emptied.experiments, "experiment") << " and "
              << Counted(emptied.logged_models, "logged model") << (dry_run ? " would go, " : " are gone, ")
              << SizeText(emptied.bytes)
              << (dry_run ? " would be freed" : " are freed with the next collection") << ".\n";
  if (emptied.runs_kept == 0) return;
  context.out << Counted(emptied.runs_kept, "run") << (emptied.runs_kept == 1 ? " stays:\n" : " stay:\n");
  Table table({{"RUN"}, {.title = "NAME", .room = Table::Room::kCut}, {"KEPT BY"}});
  for (const tracking::KeptRun& kept : emptied.kept) table.Add({{kept.run_id}, {kept.name}, {kept.kept_by}});
  context.out << table.Text(context.terminal);
}

void Empty(const tracking::EmptyTrash& what, Context& context) {
  Client client(context);
  Emptied total{.more = true};
  while (total.more) {
    Add(total, FromJson<Emptied, Reading::kLenient>(client.PostText("/api/v1/trash/empty", ToJson(what))));
    if (total.more && context.terminal.interactive)
      context.err << "\r" << Counted(total.runs, "run") << " gone";
  }
  if (context.json) {
    context.out << ToJson(total) << "\n";
  } else {
    PrintEmptied(total, what.dry_run, context);
  }
}

}  // namespace

void AddTrash(CLI::App& admin, Context& context) {
  CLI::App* trash = admin.add_subcommand(
      "trash", "Show how much is deleted and can still be restored, or take it away for good.");
  trash->footer(
      HelpFooter("  orrery admin trash\n"
                 "  orrery admin trash --empty --dry-run\n"
                 "  orrery admin trash --empty --older-than-days 7"));
  const auto options = std::make_shared<TrashOptions>();
  auto* empty = trash->add_flag("--empty", options->empty,
                                "Take away what is due: runs with their points and artifacts, and "
                                "experiments without runs. What a registered "
                                "model or a job refers to stays.");
  trash
      ->add_option("--older-than-days", options->what.older_than_days,
                   "Only what is deleted for so long; 0 for all [default: the server's trash_days].")
      ->type_name("N")
      ->needs(empty);
  trash->add_flag("--dry-run", options->what.dry_run, "Tell what would go, and change nothing.")
      ->needs(empty);
  trash->callback([options, &context] {
    if (options->empty) {
      Empty(options->what, context);
    } else {
      PrintSummary(context);
    }
  });
}

}  // namespace orrery::cli
