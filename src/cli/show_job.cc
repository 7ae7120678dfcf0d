#include "cli/show_job.h"

#include <ostream>

#include "cli/follow.h"
#include "cli/interrupt.h"
#include "cli/job_text.h"
#include "cli/terminal_text.h"

namespace orrery::cli {

void AnnounceJob(Client& client, const jobs::Job& job, Context& context) {
  if (context.json) return;
  context.out << "Job " << job.id.text() << " (" << job.name << ") is submitted.\n"
              << "Page  " << client.base_url() << "/jobs/" << job.id.text() << "\n"
              << std::flush;
}

jobs::Job ShowToEnd(Client& client, const jobs::Job& job, Context& context) {
  const std::string& id = job.id.text();
  const InterruptFarewell farewell("\nThe job goes on without this terminal.\n  its log     orrery logs -f " +
                                   id + "\n  cancel it   orrery jobs cancel " + id + "\n");
  if (!context.json) {
    TerminalText terminal;
    FollowJob(client, id, context, 1, [&](std::string_view bytes) {
      context.out << (context.terminal.interactive ? terminal.Take(bytes) : std::string(bytes)) << std::flush;
      return bool(context.out);
    });
    context.out << terminal.Rest() << std::flush;
  }
  jobs::Job ended = WaitForEnd(client, id, context);
  context.exit_code = ended.state == jobs::JobState::kSucceeded ? kOk : kFailed;
  return ended;
}

void PrintEnd(const jobs::Job& job, Context& context) {
  const Instant now = context.clock.Now();
  context.out << "\n"
              << Tinted(context.terminal, TintOf(job.state), EnumName(job.state))
              << (job.started_at ? " after " + RunTimeOf(job, now) : "")
              << (job.reason.empty() ? "" : ": " + job.reason) << "\n";
}

}  // namespace orrery::cli
