#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "cli/client.h"
#include "cli/context.h"
#include "cli/follow.h"

namespace orrery::cli {

void AddLogs(CLI::App& app, Context& context) {
  CLI::App* logs = app.add_subcommand("logs", "Print a job's log.");
  logs->footer("Example: orrery logs -f 3f2a9c");
  struct Options {
    std::string job;
    bool follow = false;
    int attempt = 0;
  };
  const auto options = std::make_shared<Options>();
  logs->add_option("job", options->job, "The job's id.")->required();
  CLI::Option* follow = logs->add_flag("-f,--follow", options->follow, "Go on until the job ends.");
  logs->add_option("--attempt", options->attempt, "Which attempt, counted from 1 [default: the latest].")
      ->check(CLI::PositiveNumber)
      ->excludes(follow);
  logs->callback([options, &context] {
    Client client(context);
    if (options->follow) return FollowLog(client, options->job, context);
    const std::string attempt = options->attempt > 0 ? "?attempt=" + std::to_string(options->attempt) : "";
    client.Follow("/api/v1/jobs/" + net::EncodeComponent(options->job) + "/logs" + attempt,
                  [&](std::string_view bytes) {
                    context.out << bytes;
                    return bool(context.out);
                  });
  });
}

}  // namespace orrery::cli
