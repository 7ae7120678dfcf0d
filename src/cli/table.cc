#include "cli/table.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"

namespace orrery::cli {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kNarrowest = 8;

}  // namespace

void Table::Add(std::vector<Cell> row) {
  ORRERY_CHECK_EQ(row.size(), columns_.size());
  rows_.push_back(std::move(row));
}

std::vector<Table::Shown> Table::Fit(const Terminal& terminal) const {
  std::vector<Shown> shown;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i].text));
    shown.push_back({i, width});
  }
  if (terminal.width == 0) return shown;
  const auto may_be_cut = [&](const Shown& cell) {
    return columns_[cell.column].room == Room::kCut && cell.width > kNarrowest;
  };
  const auto total = [&](bool cut) {
    size_t sum = kGap * (shown.size() - 1);
    for (const Shown& cell : shown) sum += cut && may_be_cut(cell) ? kNarrowest : cell.width;
    return sum;
  };
  while (total(true) > terminal.width) {
    const auto spare = std::find_if(shown.rbegin(), shown.rend(), [&](const Shown& cell) {
      return columns_[cell.column].room == Room::kSpare;
    });
    if (spare == shown.rend()) break;
    shown.erase(std::next(spare).base());
  }
  for (size_t now = total(false); now > terminal.width; --now) {
    const auto room = [&](const Shown& cell) { return may_be_cut(cell) ? cell.width : 0; };
    const auto widest = std::ranges::max_element(shown, {}, room);
    if (!may_be_cut(*widest)) break;
    --widest->width;
  }
  return shown;
}

std::string Table::Text(const Terminal& terminal) const {
  const std::vector<Shown> shown = Fit(terminal);
  std::string out;
  const auto add_line = [&](const std::vector<Cell>& cells) {
    std::string line;
    for (const auto& [column, width] : shown) {
      const std::string text = FitText(cells[column].text, width);
      const std::string padding(width - std::min(width, DisplayWidth(text)), ' ');
      const std::string tinted = Tinted(terminal, cells[column].tint, text);
      if (!line.empty()) line.append(kGap, ' ');
      line += columns_[column].align == Align::kRight ? padding + tinted : tinted + padding;
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
