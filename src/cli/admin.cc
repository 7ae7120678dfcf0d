#include <CLI/CLI.hpp>

#include "cli/context.h"
#include "cli/help.h"

namespace orrery::cli {

void AddAdmin(CLI::App& app, Context& context) {
  CLI::App* admin = app.add_subcommand("admin", "Look after a server and plan a cluster.");
  admin->require_subcommand(1);
  admin->footer(
      HelpFooter("  orrery admin trash\n"
                 "  orrery admin simulate --help"));
  AddSimulate(*admin, context);
  AddTrash(*admin, context);
}

}  // namespace orrery::cli
