#include <algorithm>
#include <csignal>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <boost/describe/class.hpp>
#include <unistd.h>

#include "base/config.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/context.h"
#include "server/server.h"

namespace orrery::cli {
namespace {

/// Blocks the signals that end a server, so that Wait() takes them and every thread started later leaves them alone.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void Wait() {
    int signal = 0;
    sigwait(&set_, &signal);
  }
  /// From here on a second signal ends the process at once.
  void Release() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

 private:
  sigset_t set_{};
};

LogLevel LevelOf(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

/// The configuration as documented in its type: one line a field.
std::string ConfigHelp(const Terminal& terminal) {
  const json::value defaults = ParseJson(ToJson(server::Config()));
  size_t column = 0;
  ForEachMember<server::Config>(
      [&](std::string_view name, auto) { column = std::max(column, name.size() + 4); });
  std::string text = "Configuration: keys of the YAML file; as variables, ORRERY_ and the key in capitals.\n";
  ForEachMember<server::Config>([&](std::string_view name, auto) {
    const json::value* value = defaults.as_object().if_contains(name);
    const std::string shown = value == nullptr ? "" : " [" + json::serialize(*value) + "]";
    text += "  " + std::string(name) + std::string(column - 2 - name.size(), ' ') +
            WrapText(std::string(DocOf<server::Config>(name)) + shown, terminal.width, column) + "\n";
  });
  return text;
}

struct ServeOptions {
  std::string config;
  std::string listen;
  bool allow_test_reset = false;
};

/// What `serve --json` prints once requests are answered.
struct Ready {
  std::string url;
  std::string data;
  int64_t pid = 0;
};
BOOST_DESCRIBE_STRUCT(Ready, (), (url, data, pid))

std::unique_ptr<server::Server> Start(const server::Config& config, const server::Seams& seams) {
  try {
    return std::make_unique<server::Server>(config, seams);
  } catch (const Error& error) {
    // A port that is taken is no server that cannot be reached.
    if (error.code() != Code::kUnavailable) throw;
    throw Error(Code::kFailedPrecondition, error.what());
  }
}

void Greet(const server::Server& server, Context& context) {
  context.out << "Orrery is ready at " << server.url() << "\n"
              << "  pages   " << server.url() << "\n"
              << "  MLflow  export MLFLOW_TRACKING_URI=" << server.url() << "\n"
              << "  data    " << server.data() << "\n"
              << "Stop it with Ctrl-C; jobs go on and are taken up at the next start.\n"
              << std::flush;
}

void Serve(const ServeOptions& options, Context& context, bool data_given) {
  const std::optional<std::string> file =
      options.config.empty() ? std::nullopt : std::optional(options.config);
  auto config = LoadConfig<server::Config>(context.files, file, context.environment);
  if (!options.listen.empty()) config.listen = options.listen;
  if (options.allow_test_reset) config.allow_test_reset = true;
  if (data_given) config.data = context.data;
  SetLogLevel(LevelOf(config.log_level));

  EndSignals signals;
  const server::Seams seams{.files = context.files,
                            .processes = context.processes,
                            .network = context.network,
                            .clock = context.clock,
                            .random = context.random,
                            .sqlite_vfs = ""};
  const auto server = Start(config, seams);
  if (context.json) {
    context.out << ToJson(Ready{.url = server->url(), .data = server->data(), .pid = getpid()}) << "\n"
                << std::flush;
  } else {
    Greet(*server, context);
  }
  signals.Wait();
  signals.Release();
  server->Stop();
}

}  // namespace

void AddServe(CLI::App& app, Context& context) {
  CLI::App* serve = app.add_subcommand("serve", "Start the server; it needs no configuration.");
  serve->footer(
      "Examples:\n  orrery serve\n  orrery serve --listen 127.0.0.1:7171 --data /srv/orrery\n"
      "  orrery serve --config orrery.yaml\n\n" +
      ConfigHelp(context.terminal));
  const auto options = std::make_shared<ServeOptions>();
  serve->add_option("--config", options->config, "Configuration file (YAML).")->type_name("FILE");
  serve->add_option("--listen", options->listen, "Address and port [default 127.0.0.1:7070].")
      ->type_name("ADDRESS:PORT");
  serve->add_flag("--allow-test-reset", options->allow_test_reset,
                  "For test suites: let POST /api/v1/test/reset empty the store. Loopback only.");
  const CLI::Option* data = app.get_option("--data");
  serve->callback([options, &context, data] { Serve(*options, context, data->count() > 0); });
}

}  // namespace orrery::cli
