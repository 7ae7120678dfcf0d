#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace orrery::cli {

/// Rows in aligned columns that fit the terminal. Where its width does not suffice, columns that may give way are left
/// out, the least wanted first, and then the widest of those that may be cut end in an ellipsis. In a pipe nothing is
/// cut and nothing left out.
///
///   Table table({{"JOB"}, {"STATE"}, {.title = "REASON", .room = Table::Room::kCut}});
///   table.Add({{id}, {state, Tint::kGreen}, {reason}});
///   std::cout << table.Text(terminal);
class Table {
 public:
  enum class Align { kLeft, kRight };
  enum class Room {
    kWhole,  ///< never cut: an id is of no use in part
    kCut,    ///< cut down to a few letters
    kSpare,  ///< left out when there is no room, the last such column first
  };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    Room room = Room::kWhole;
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
  struct Shown {
    size_t column;
    size_t width;
  };
  std::vector<Shown> Fit(const Terminal& terminal) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace orrery::cli
