#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <boost/describe/class.hpp>

#include "base/error.h"
#include "cli/capture.h"
#include "cli/client.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/job_options.h"
#include "cli/run_text.h"
#include "cli/show_job.h"
#include "server/config.h"

namespace orrery::cli {
namespace {

struct Digests {
  std::vector<Digest> digests;
};
BOOST_DESCRIBE_STRUCT(Digests, (), (digests))

struct Missing {
  std::vector<Digest> missing;
};
BOOST_DESCRIBE_STRUCT(Missing, (), (missing))

void Upload(Client& client, Context& context, const CapturedCode& code,
            const std::vector<std::string>& texts) {
  std::map<Digest, const std::string*> text_by_digest;
  Digests all;
  for (const auto& [digest, source] : code.sources) all.digests.push_back(digest);
  for (const std::string& text : texts) {
    text_by_digest.emplace(DigestOf(text), &text);
    all.digests.push_back(DigestOf(text));
  }
  for (const Digest& digest : client.Query<Missing>("/api/v1/content/missing", all).missing) {
    const std::string target = "/api/v1/content/" + digest.text();
    if (const auto text = text_by_digest.find(digest); text != text_by_digest.end()) {
      client.PutBytes(target, *text->second);
      continue;
    }
    const CapturedCode::Source& source = code.sources.at(digest);
    if (source.is_link) {
      client.PutBytes(target, source.path_or_target);
    } else {
      client.PutFile(target, *context.files.Open(source.path_or_target, OpenMode::kRead));
    }
  }
}

/// Captures the folder, brings what the server lacks, and names it in the spec.
void AttachCode(Client& client, Context& context, const std::string& folder, const JobOptions& options,
                jobs::JobSpec& spec) {
  const CapturedCode code = CaptureCode(context.files, context.processes, folder);
  std::vector<std::string> texts = {code.manifest.Text()};
  if (code.difference) texts.push_back(*code.difference);
  Upload(client, context, code, texts);
  jobs::CodeSpec attached{.manifest = DigestOf(texts[0]).text(), .commit = code.commit};
  if (code.commit) attached.dirty = code.dirty;
  if (code.difference) attached.difference = DigestOf(*code.difference).text();
  if (!options.words.empty() && options.words.front() != "--") attached.entry = options.words.front();
  spec.code = attached;
}

void Submit(const JobOptions& options, Context& context) {
  const std::string folder = server::AbsolutePath(options.workdir.empty() ? "." : options.workdir);
  jobs::JobSpec spec = SpecOf(options, context.files, folder);
  Client client(context);
  if (!options.no_code && !spec.code) AttachCode(client, context, folder, options, spec);
  // The key makes a repeated request harmless, should the first answer be lost.
  auto job = client.Post<jobs::Job>("/api/v1/jobs", spec, context.random.Hex(16));
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
      "It waits and shows the log; Ctrl-C leaves the job running.\n");
  submit->footer(HelpFooter(
      "  orrery submit --cpus 2 --memory 2GiB --requirements requirements.txt train.py --epochs 3\n"
      "  orrery submit -f job.yaml --detach\n"
      "  orrery submit --no-code -- nvidia-smi\n"
      "Exit code: 0 when the job succeeded, 1 when it failed or was cancelled, 130 after Ctrl-C."));
  const auto options = std::make_shared<JobOptions>();
  AddJobOptions(*submit, *options);
  submit->callback([options, &context] {
    options->words = context.own_words;
    Submit(*options, context);
  });
}

}  // namespace orrery::cli
