#pragma once

#include <string>

namespace CLI {
class App;
}

namespace orrery::cli {

/// Lays help out for `width` columns, for `app` and what is added to it later.
void SetHelpWidth(CLI::App& app, size_t width);

/// The end of a command's help: its examples and the options that every command takes.
std::string HelpFooter(const std::string& examples);

}  // namespace orrery::cli
