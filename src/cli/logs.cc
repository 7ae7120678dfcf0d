#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <boost/describe/class.hpp>

#include "base/utf8.h"
#include "cli/client.h"
#include "cli/context.h"
#include "cli/follow.h"
#include "cli/help.h"
#include "cli/terminal_text.h"

namespace orrery::cli {
namespace {

struct LogOptions {
  std::string job;
  bool follow = false;
  int attempt = 0;
};

/// What `logs --json` prints; bytes that are no UTF-8 are replaced.
struct LogDocument {
  std::string job_id;
  std::string log;
};
BOOST_DESCRIBE_STRUCT(LogDocument, (), (job_id, log))

void Print(const LogOptions& options, Context& context) {
  Client client(context);
  LogDocument document{.job_id = options.job, .log = ""};
  TerminalText terminal;
  const LogSink sink = [&](std::string_view bytes) {
    if (context.json) {
      document.log += bytes;
      return true;
    }
    context.out << (context.terminal.interactive ? terminal.Take(bytes) : std::string(bytes)) << std::flush;
    return bool(context.out);
  };
  if (options.follow) {
    FollowLog(client, options.job, context, sink);
  } else {
    const std::string attempt = options.attempt > 0 ? "?attempt=" + std::to_string(options.attempt) : "";
    client.Follow("/api/v1/jobs/" + net::EncodeComponent(options.job) + "/logs" + attempt, sink);
  }
  context.out << terminal.Rest() << std::flush;
  if (!context.json) return;
  document.log = RepairUtf8(document.log);
  context.out << ToJson(document) << "\n";
}

}  // namespace

void AddLogs(CLI::App& app, Context& context) {
  CLI::App* logs = app.add_subcommand("logs", "Print a job's log.");
  logs->footer(HelpFooter("  orrery logs -f 0694f1094601ed72ec21718d0976cea2"));
  const auto options = std::make_shared<LogOptions>();
  logs->add_option("job", options->job, "The job's id.")->required()->type_name("");
  CLI::Option* follow = logs->add_flag("-f,--follow", options->follow, "Go on until the job ends.");
  logs->add_option("--attempt", options->attempt, "Which attempt, counted from 1 [default: the latest].")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->excludes(follow);
  logs->callback([options, &context] { Print(*options, context); });
}

}  // namespace orrery::cli
