#include "jobs/conda_text.h"

#include <algorithm>
#include <vector>

namespace orrery::jobs {
namespace {

constexpr std::string_view kBlank = " \t\r";

struct Line {
  size_t indent = 0;
  std::string_view text;
};

/// Those that are not empty, without blanks around them.
std::vector<Line> LinesOf(std::string_view text) {
  std::vector<Line> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    const size_t indent = line.find_first_not_of(kBlank);
    if (indent == std::string_view::npos) continue;
    lines.push_back({indent, line.substr(indent, line.find_last_not_of(kBlank) - indent + 1)});
  }
  return lines;
}

/// An item's text without its dash and quotes; none: YAML that says it in another way.
std::optional<std::string> ItemOf(std::string_view text) {
  if (!text.starts_with("- ")) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of(kBlank, 1), text.size()));
  if (text.empty() || std::string_view("*&!|>{[%@`").find(text[0]) != std::string_view::npos)
    return std::nullopt;
  if (text[0] == '"' || text[0] == '\'') {
    const size_t close = text.rfind(text[0]);
    if (close == 0 || text.find('\\') != std::string_view::npos) return std::nullopt;
    text = text.substr(1, close - 1);
  }
  return std::string(text);
}

}  // namespace

bool IsExplicit(std::string_view text) {
  const std::vector<Line> lines = LinesOf(text);
  return std::any_of(lines.begin(), lines.end(),
                     [](const Line& line) { return line.indent == 0 && line.text == "@EXPLICIT"; });
}

std::optional<std::string> PipPartOf(std::string_view text) {
  constexpr std::string_view kPin = "# pip: ";
  std::string requirements;
  if (IsExplicit(text)) {
    for (const Line& line : LinesOf(text)) {
      if (line.text.starts_with(kPin)) requirements += std::string(line.text.substr(kPin.size())) + "\n";
    }
    return requirements;
  }
  std::optional<size_t> list;  // the indent of its "- pip:"
  for (const Line& line : LinesOf(text)) {
    if (line.text.starts_with('#')) continue;
    if (list && line.indent > *list) {
      const std::optional<std::string> item = ItemOf(line.text);
      if (!item) return std::nullopt;
      requirements += *item + "\n";
      continue;
    }
    list.reset();
    if (line.text == "- pip:" || line.text.starts_with("- pip: #")) {
      list = line.indent;
    } else if (line.text.find("pip") != std::string_view::npos &&
               line.text.find_first_of("{}[]\"'&*:") != std::string_view::npos) {
      return std::nullopt;
    }
  }
  return requirements;
}

}  // namespace orrery::jobs
