#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace orrery::cli {

/// Rows in aligned columns that fit the terminal: where the width does not suffice, the columns that give way
/// most (the widest ones) are cut with an ellipsis, and never below a few letters. In a pipe nothing is cut.
///
///   Table table({{"JOB"}, {"STATE"}, {"REASON", Table::Align::kLeft}});
///   table.Add({{id}, {state, Tint::kGreen}, {reason}});
///   std::cout << table.Text(terminal);
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  struct Cell {
    std::string text;
    Tint tint = Tint::kPlain;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as columns.
  void Add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  /// Header and rows, each ending in a newline.
  std::string Text(const Terminal& terminal) const;

 private:
  std::vector<size_t> Widths(const Terminal& terminal) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace orrery::cli
