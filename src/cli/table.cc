#include "cli/table.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace orrery::cli {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kNarrowest = 6;

}  // namespace

void Table::Add(std::vector<Cell> row) {
  ORRERY_CHECK_EQ(row.size(), columns_.size());
  rows_.push_back(std::move(row));
}

std::vector<size_t> Table::Widths(const Terminal& terminal) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i].text));
    widths.push_back(width);
  }
  if (terminal.width == 0) return widths;
  const size_t gaps = kGap * (columns_.size() - 1);
  size_t total = std::accumulate(widths.begin(), widths.end(), gaps);
  while (total > terminal.width) {
    const auto widest = std::ranges::max_element(widths);
    if (*widest <= kNarrowest) break;
    --*widest;
    --total;
  }
  return widths;
}

std::string Table::Text(const Terminal& terminal) const {
  const std::vector<size_t> widths = Widths(terminal);
  std::string out;
  const auto add_line = [&](const std::vector<Cell>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string text = FitText(cells[i].text, widths[i]);
      const std::string padding(widths[i] - std::min(widths[i], DisplayWidth(text)), ' ');
      const std::string tinted = Tinted(terminal, cells[i].tint, text);
      if (i > 0) line.append(kGap, ' ');
      line += columns_[i].align == Align::kRight ? padding + tinted : tinted + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  std::vector<Cell> header;
  for (const Column& column : columns_) header.push_back({column.title, Tint::kDim});
  add_line(header);
  for (const auto& row : rows_) add_line(row);
  return out;
}

}  // namespace orrery::cli
