#include "cli/help.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/terminal.h"

namespace orrery::cli {
namespace {

constexpr size_t kDescriptionColumn = 26;

class Formatter : public CLI::Formatter {
 public:
  explicit Formatter(size_t width) : width_(width) { column_width(kDescriptionColumn); }

  std::string make_option(const CLI::Option* option, bool positional) const override {
    return Entry(make_option_name(option, positional) + make_option_opts(option), make_option_desc(option));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    const std::string description = command->get_description();
    return Entry(command->get_name(), description.substr(0, description.find('\n')));
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_size() == 0 ? "" : " " + option->get_type_name();
  }

 private:
  std::string Entry(const std::string& name, const std::string& description) const {
    std::string line = "  " + name;
    if (line.size() + 2 > kDescriptionColumn) {
      line += "\n" + std::string(kDescriptionColumn, ' ');
    } else {
      line += std::string(kDescriptionColumn - line.size(), ' ');
    }
    return line + WrapText(description, width_, kDescriptionColumn) + "\n";
  }

  size_t width_;
};

}  // namespace

void SetHelpWidth(CLI::App& app, size_t width) {
  app.formatter(std::make_shared<Formatter>(width));
}

std::string HelpFooter(const std::string& examples) {
  const bool several = examples.find('\n') != std::string::npos;
  return (several ? "Examples:\n" : "Example:\n") + examples +
         "\nEvery command also takes --json, --server URL and --data FOLDER: see orrery --help";
}

}  // namespace orrery::cli
