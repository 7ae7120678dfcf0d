#include <charconv>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/describe/class.hpp>

#include "base/utf8.h"
#include "cli/client.h"
#include "cli/context.h"
#include "cli/follow.h"
#include "cli/help.h"
#include "cli/log_matches.h"
#include "cli/terminal_text.h"

namespace orrery::cli {
namespace {

struct LogOptions {
  std::string job;
  bool follow = false;
  int attempt = 0;
  int64_t tail = 0;
  std::string pattern;
  bool ignore_case = false;
};

/// What `logs --json` prints; bytes that are no UTF-8 are replaced.
struct LogDocument {
  std::string job_id;
  std::string log;
};
BOOST_DESCRIBE_STRUCT(LogDocument, (), (job_id, log))

/// What `logs --grep --json` prints.
struct MatchDocument {
  std::string job_id;
  std::vector<jobs::LogMatch> matches;
};
BOOST_DESCRIBE_STRUCT(MatchDocument, (), (job_id, matches))

/// What of the log is wanted, as a query behind a "?".
std::string PartOf(const LogOptions& options) {
  std::string query = "follow=false";
  if (options.attempt > 0) query += "&attempt=" + std::to_string(options.attempt);
  if (options.tail > 0) query += "&tail=" + std::to_string(options.tail);
  return query;
}

/// Where the part begins: a stream that breaks off is taken up by it.
uint64_t BeginOf(const LogOptions& options, Client& client) {
  uint64_t offset = 0;
  if (options.tail == 0) return offset;
  const std::string text =
      client.HeaderOf(LogTarget(options.job) + "?" + PartOf(options), "Orrery-Log-Offset");
  std::from_chars(text.data(), text.data() + text.size(), offset);
  return offset;
}

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
    FollowJob(client, options.job, context, 0, sink, BeginOf(options, client));
  } else {
    client.Follow(LogTarget(options.job) + "?" + PartOf(options), sink);
  }
  context.out << terminal.Rest() << std::flush;
  if (!context.json) return;
  document.log = RepairUtf8(document.log);
  context.out << ToJson(document) << "\n";
}

void Search(const LogOptions& options, Context& context) {
  Client client(context);
  MatchDocument document{.job_id = options.job, .matches = {}};
  bool found = false;
  const MatchSink sink = [&](const jobs::LogMatch& match) {
    found = true;
    if (context.json) {
      document.matches.push_back(match);
      return true;
    }
    TerminalText terminal;
    const bool as_is = !context.terminal.interactive;
    context.out << Tinted(context.terminal, Tint::kDim, std::to_string(match.line) + ":")
                << (as_is ? match.text : terminal.Take(match.text) + terminal.Rest()) << "\n"
                << std::flush;
    return bool(context.out);
  };
  std::string query = "&grep=" + net::EncodeComponent(options.pattern);
  if (options.ignore_case) query += "&ignore_case=true";
  if (options.follow) {
    FollowMatches(client, options.job, context, query, sink, static_cast<int64_t>(BeginOf(options, client)));
  } else {
    MatchReader reader(sink);
    client.Follow(LogTarget(options.job) + "?" + PartOf(options) + query,
                  [&](std::string_view bytes) { return reader.Take(bytes); });
  }
  if (context.json) {
    context.out << ToJson(document) << "\n";
  } else if (!found) {
    context.err << "No line matches.\n";
  }
}

}  // namespace

void AddLogs(CLI::App& app, Context& context) {
  CLI::App* logs = app.add_subcommand("logs", "Print a job's log, or the lines of it that match.");
  logs->footer(
      HelpFooter("  orrery logs -f --tail 20 0694f1094601ed72ec21718d0976cea2\n"
                 "  orrery logs --grep 'loss|error' -i 0694f1094601ed72ec21718d0976cea2"));
  const auto options = std::make_shared<LogOptions>();
  logs->add_option("job", options->job, "The job's id.")->required()->type_name("");
  CLI::Option* follow = logs->add_flag("-f,--follow", options->follow, "Go on until the job ends.");
  logs->add_option("--attempt", options->attempt, "Which attempt, counted from 1 [default: the latest].")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->excludes(follow);
  logs->add_option("--tail", options->tail, "Begin with the last N lines.")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
  CLI::Option* grep = logs->add_option("--grep", options->pattern,
                                       "Only lines that match this regular expression, with their numbers.")
                          ->type_name("PATTERN");
  logs->add_flag("-i,--ignore-case", options->ignore_case, "Letters match in either case.")->needs(grep);
  logs->callback([options, grep, &context] {
    grep->count() > 0 ? Search(*options, context) : Print(*options, context);
  });
}

}  // namespace orrery::cli
