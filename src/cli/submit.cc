#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/attach_code.h"
#include "cli/client.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/job_options.h"
#include "cli/run_text.h"
#include "cli/several.h"
#include "cli/show_job.h"
#include "server/config.h"

namespace orrery::cli {
namespace {

std::string FolderOf(const JobOptions& options) {
  return server::AbsolutePath(options.workdir.empty() ? "." : options.workdir);
}

/// The script that the words name, if they are no command.
std::optional<std::string> ScriptOf(const JobOptions& options) {
  if (options.words.empty() || options.words.front() == "--") return std::nullopt;
  return options.words.front();
}

void SubmitOne(Client& client, const JobOptions& options, const jobs::JobSpec& spec, const std::string& key,
               Context& context) {
  auto job = client.Post<jobs::Job>("/api/v1/jobs", spec, key);
  AnnounceJob(client, job, context);
  if (!options.detach) job = ShowToEnd(client, job, context);
  if (context.json) {
    context.out << ToJson(job) << "\n";
  } else if (options.detach) {
    context.out << "Log   orrery logs -f " << job.id.text() << "\n";
  } else {
    PrintEnd(job, context);
    PrintRunSummary(client, job.run_id, context);
    context.out << "Page  " << client.base_url() << "/runs/" << job.run_id << "\n";
  }
}

/// Tells of several jobs and, unless detached, waits for them; `list` is the server's answer with them in it.
template <typename List>
void ShowSubmitted(Client& client, const JobOptions& options, List list, Context& context) {
  AnnounceJobs(list.jobs, context);
  if (!options.detach) FollowJobs(client, list.jobs, context);
  if (!context.json) return;
  if (!options.detach) list.jobs = GetJobs(client, list.jobs, context);
  context.out << ToJson(list) << "\n";
}

void SubmitArray(Client& client, const JobOptions& options, const jobs::ArraySpec& array,
                 const std::string& key, Context& context) {
  ShowSubmitted(client, options, client.Post<jobs::JobArray>("/api/v1/job-arrays", array, key), context);
}

/// Jobs of a file that name no group get one in common: so that they can be listed and cancelled together.
void SubmitList(Client& client, const JobOptions& options, jobs::BatchSpec batch, const std::string& key,
                Context& context) {
  const std::string group = context.random.Hex(16);
  for (jobs::JobSpec& spec : batch.jobs) {
    if (!spec.group) spec.group = group;
  }
  ShowSubmitted(client, options, client.Post<jobs::JobList>("/api/v1/job-batches", batch, key), context);
}

void Submit(const JobOptions& options, Context& context) {
  const std::string folder = FolderOf(options);
  Submission submission = SubmissionOf(options, context.files, folder);
  Client client(context);
  if (!options.no_code) AttachCode(client, context, folder, ScriptOf(options), submission.jobs);
  // The key makes a repeated request harmless, should the first answer be lost.
  const std::string key = context.random.Hex(16);
  if (submission.is_list) {
    SubmitList(client, options, {std::move(submission.jobs)}, key, context);
  } else if (submission.array) {
    SubmitArray(client, options, {submission.jobs.front(), *submission.array}, key, context);
  } else {
    SubmitOne(client, options, submission.jobs.front(), key, context);
  }
}

}  // namespace

void AddSubmit(CLI::App& app, Context& context) {
  CLI::App* submit = app.add_subcommand(
      "submit",
      "Run a script as a job: with this folder's code, on free resources, tracked as a run.\n"
      "\n"
      "  orrery submit [OPTIONS] SCRIPT [ARGUMENTS...]\n"
      "  orrery submit [OPTIONS] -- COMMAND [ARGUMENTS...]\n"
      "  orrery submit [OPTIONS] -f JOB_FILE\n"
      "\n"
      "It waits and shows the log; Ctrl-C leaves the job running. Of an array, or of a file with several "
      "jobs, it shows "
      "how far they are, and which failed.\n");
  submit->footer(HelpFooter(
      "  orrery submit --cpus 2 --memory 2GiB --requirements requirements.txt train.py --epochs 3\n"
      "  orrery submit -f job.yaml --detach\n"
      "  orrery submit --array 1-20 train.py\n"
      "  orrery submit --no-code -- nvidia-smi\n"
      "Exit code: 0 when every job succeeded, 1 when one failed or was cancelled, 130 after Ctrl-C."));
  const auto options = std::make_shared<JobOptions>();
  AddJobOptions(*submit, *options);
  submit->callback([options, &context] {
    options->words = context.own_words;
    Submit(*options, context);
  });
}

}  // namespace orrery::cli
