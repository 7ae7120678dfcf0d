#include <csignal>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "base/config.h"
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
std::string ConfigHelp() {
  const json::value defaults = ParseJson(ToJson(server::Config()));
  std::string text = "Configuration: keys of the YAML file; as variables, ORRERY_ and the key in capitals.\n";
  ForEachMember<server::Config>([&](std::string_view name, auto) {
    const json::value* value = defaults.as_object().if_contains(name);
    text += "  " + std::string(name) + std::string(22 - name.size(), ' ') +
            std::string(DocOf<server::Config>(name)) +
            (value == nullptr ? "" : " [" + json::serialize(*value) + "]") + "\n";
  });
  return text;
}

struct ServeOptions {
  std::string config;
  std::string listen;
};

void Serve(const ServeOptions& options, Context& context, bool data_given) {
  const std::optional<std::string> file =
      options.config.empty() ? std::nullopt : std::optional(options.config);
  auto config = LoadConfig<server::Config>(context.files, file, context.environment);
  if (!options.listen.empty()) config.listen = options.listen;
  if (data_given) config.data = context.data;
  SetLogLevel(LevelOf(config.log_level));

  EndSignals signals;
  const server::Seams seams{.files = context.files,
                            .processes = context.processes,
                            .clock = context.clock,
                            .random = context.random,
                            .sqlite_vfs = ""};
  server::Server server(config, seams);
  context.out << "Orrery is ready at " << server.url() << "\n"
              << "  pages   " << server.url() << "\n"
              << "  MLflow  export MLFLOW_TRACKING_URI=" << server.url() << "\n"
              << "  data    " << server.data() << "\n"
              << "Stop it with Ctrl-C; jobs go on and are taken up at the next start.\n"
              << std::flush;
  signals.Wait();
  signals.Release();
  server.Stop();
}

}  // namespace

void AddServe(CLI::App& app, Context& context) {
  CLI::App* serve = app.add_subcommand("serve", "Start the server; it needs no configuration.");
  serve->footer("Example: orrery serve --listen 127.0.0.1:7070\n\n" + ConfigHelp());
  const auto options = std::make_shared<ServeOptions>();
  serve->add_option("--config", options->config, "Configuration file (YAML).");
  serve->add_option("--listen", options->listen, "Address and port [default 127.0.0.1:7070].");
  const CLI::Option* data = app.get_option("--data");
  serve->callback([options, &context, data] { Serve(*options, context, data->count() > 0); });
}

}  // namespace orrery::cli
