#include "jobs/requirement_lines.h"

#include <algorithm>

namespace orrery::jobs {
namespace {

std::string_view Trimmed(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

/// A comment begins the line or follows a blank: the '#' of a URL's fragment is none.
std::string_view WithoutComment(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return Trimmed(line.substr(0, at));
  }
  return line;
}

}  // namespace

std::vector<std::string> RequirementLines(std::string_view text) {
  std::vector<std::string> lines(1);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find_first_of("\n\r\f\v", begin), text.size());
    const std::string_view line = Trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    const bool comment = line.starts_with('#');
    const bool goes_on = !comment && line.ends_with('\\');
    if (!comment) lines.back() += line.substr(0, line.size() - (goes_on ? 1 : 0));
    if (!goes_on) lines.emplace_back();
  }
  for (std::string& line : lines) line = std::string(WithoutComment(Trimmed(line)));
  std::erase(lines, "");
  return lines;
}

std::string MovedOutOf(std::string_view folder, std::string_view text) {
  constexpr std::string_view kIncludes[] = {"-r", "-c", "--requirement", "--constraint"};
  std::string moved;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = std::min(end + 1, text.size());
    const size_t option = std::min(line.find_first_not_of(" \t"), line.size());
    size_t value = std::string_view::npos;
    for (const std::string_view name : kIncludes) {
      const size_t behind = option + name.size();
      if (!line.substr(option).starts_with(name) || behind >= line.size()) continue;
      const bool parted = line[behind] == ' ' || line[behind] == '\t' || line[behind] == '=';
      if (parted || name.size() == 2) value = line.find_first_not_of(" \t=", behind);
    }
    const bool beside = value != std::string_view::npos && line[value] != '/' && line[value] != '-' &&
                        line.find("://", value) == std::string_view::npos;
    moved += beside ? std::string(line.substr(0, value)) + std::string(folder) + "/" +
                          std::string(line.substr(value))
                    : std::string(line);
    if (end < text.size()) moved += '\n';
  }
  return moved;
}

}  // namespace orrery::jobs
