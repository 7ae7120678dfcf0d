#include <algorithm>
#include <csignal>
#include <ostream>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/build_info.h"
#include "base/error.h"
#include "cli/context.h"

namespace orrery::cli {
namespace {

std::string VariableOr(const Context& context, const std::string& name, std::string otherwise) {
  const auto found = context.environment.find(name);
  return found == context.environment.end() ? std::move(otherwise) : found->second;
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
  CLI::App app(
      "Orrery keeps a model's whole life in step: jobs, runs, data, models.\n"
      "Start with `orrery serve`, then `orrery submit train.py`.",
      "orrery");
  const BuildInfo& build = ThisBuild();
  app.set_version_flag("--version",
                       "orrery " + build.version + " (" + build.commit + ", " + build.build + ")");
  app.require_subcommand(1);
  app.fallthrough();
  if (const auto server = context.environment.find("ORRERY_SERVER"); server != context.environment.end()) {
    context.server = server->second;
  }
  context.data = VariableOr(context, "ORRERY_DATA", "~/.orrery");
  app.add_flag("--json", context.json, "Print JSON, for machines.");
  app.add_option("--server", context.server,
                 "The server's URL [env ORRERY_SERVER; default: the one on the data folder].");
  app.add_option("--data", context.data,
                 "Data folder of the local server [env ORRERY_DATA; default ~/.orrery].");
  app.footer("Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 no server answers.");
  AddServe(app, context);
  AddSubmit(app, context);
  AddJobs(app, context);
  AddLogs(app, context);
  AddRuns(app, context);

  const auto dashes = std::find(argv, argv + argc, std::string_view("--"));
  if (dashes != argv + argc) context.rest.emplace(dashes + 1, argv + argc);
  try {
    app.parse(static_cast<int>(dashes - argv), argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, context.out, context.err) == 0 ? kOk : kUsage;
  } catch (const Error& error) {
    context.out.flush();
    context.err << "orrery: " << error.what() << "\n";
    return ExitCodeOf(error.code());
  }
  context.out.flush();
  return context.exit_code;
}

}  // namespace orrery::cli
