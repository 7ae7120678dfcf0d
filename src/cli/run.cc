#include <algorithm>
#include <csignal>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/build_info.h"
#include "base/error.h"
#include "cli/context.h"
#include "cli/help.h"

namespace orrery::cli {
namespace {

std::string VariableOr(const Context& context, const std::string& name, std::string otherwise) {
  const auto found = context.environment.find(name);
  return found == context.environment.end() ? std::move(otherwise) : found->second;
}

/// Where the words of the user's own program begin: behind "--", or, for `submit`, at the script, whose arguments are
/// never read as options of ours.
size_t OwnWordsBegin(CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* submit = nullptr;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") return i;
    if (!word.starts_with('-')) {
      if (submit != nullptr) return i;
      if (word != "submit") return words.size();
      submit = app.get_subcommand("submit");
      continue;
    }
    const std::string name = word.substr(0, word.find('='));
    const CLI::Option* option = submit == nullptr ? nullptr : submit->get_option_no_throw(name);
    if (option == nullptr) option = app.get_option_no_throw(name);
    if (option != nullptr && option->get_expected_max() > 0 && word == name) ++i;  // its value
  }
  return words.size();
}

/// What is wrong with the command line, and where help is.
std::string UsageText(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string path = "orrery";
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    path += " " + command->get_name();
  }
  std::string text = error.what();
  if (const auto extras = app.remaining(true); !extras.empty()) {
    text = (command == &app && !extras.front().starts_with('-') ? "no such command: " : "not understood: ") +
           extras.front();
  }
  return text + "; see: " + path + " --help";
}

/// Where the ids are that the command could have been given.
std::string NextStep(const CLI::App& app, const Error& error) {
  if (error.code() != Code::kNotFound || app.get_subcommands().empty()) return "";
  const std::string& command = app.get_subcommands().front()->get_name();
  if (command == "jobs" || command == "logs") return "; `orrery jobs` lists them";
  if (command == "webhooks") return "; `orrery webhooks` lists them";
  return command == "runs" || command == "reproduce" ? "; `orrery runs` lists them" : "";
}

int ExitCodeOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return kUsage;
    case Code::kUnavailable:
      return kUnreachable;
    default:
      return kFailed;
  }
}

}  // namespace

int Run(int argc, char** argv, Context& context) {
  std::signal(SIGPIPE, SIG_IGN);  // `orrery logs | head` ends by a failed write, not by a signal
  CLI::App app("Orrery keeps a model's whole life in step: jobs, runs, data, models.\n", "orrery");
  const BuildInfo& build = ThisBuild();
  app.set_version_flag("--version",
                       "orrery " + build.version + " (" + build.commit + ", " + build.build + ")");
  app.fallthrough();
  SetHelpWidth(app, context.terminal.width);
  if (const auto server = context.environment.find("ORRERY_SERVER"); server != context.environment.end()) {
    context.server = server->second;
  }
  context.data = VariableOr(context, "ORRERY_DATA", "~/.orrery");
  app.add_flag("--json", context.json, "Print one JSON document, for machines.");
  app.add_option("--server", context.server,
                 "The server's URL [env ORRERY_SERVER; default: the one on the data folder].")
      ->type_name("URL");
  app.add_option("--data", context.data,
                 "Data folder of the local server [env ORRERY_DATA; default ~/.orrery].")
      ->type_name("FOLDER");
  app.footer(
      "A first job:\n"
      "  orrery serve                       the server; leave it running\n"
      "  orrery submit train.py --epochs 3  in another terminal: runs it, shows its log\n"
      "  orrery runs                        what was tracked\n"
      "\n"
      "Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 no server answers.\n"
      "A server with tokens asks for one: set ORRERY_TOKEN.");
  AddServe(app, context);
  AddSubmit(app, context);
  AddJobs(app, context);
  AddLogs(app, context);
  AddCluster(app, context);
  AddRuns(app, context);
  AddReproduce(app, context);
  AddWebhooks(app, context);
  AddAdmin(app, context);

  std::vector<std::string> words(argv + 1, argv + argc);
  const size_t own = OwnWordsBegin(app, words);
  context.own_words.assign(words.begin() + static_cast<ptrdiff_t>(own), words.end());
  words.resize(own);
  std::ranges::reverse(words);  // as CLI11 takes them
  try {
    app.parse(words);
    if (app.get_subcommands().empty()) context.out << app.help();
  } catch (const CLI::Success& asked) {
    app.exit(asked, context.out, context.err);
    return kOk;
  } catch (const CLI::ParseError& error) {
    context.err << "orrery: " << UsageText(app, error) << "\n";
    return kUsage;
  } catch (const Error& error) {
    context.out.flush();
    context.err << "orrery: " << error.what() << NextStep(app, error) << "\n";
    return ExitCodeOf(error.code());
  }
  context.out.flush();
  return context.exit_code;
}

}  // namespace orrery::cli
