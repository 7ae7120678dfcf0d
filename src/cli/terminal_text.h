#pragma once

#include <string>
#include <string_view>

namespace orrery::cli {

/// Makes what a job printed harmless to a terminal, piece by piece. Text, line ends, tabs and colours stay; every other
/// control character, and every byte that is no UTF-8, is shown as "\x1b", so that no output moves the cursor, changes the
/// terminal or answers for the user.
class TerminalText {
 public:
  /// Returns what can be shown by now; the beginning of a character or of a colour is kept for the next piece.
  std::string Take(std::string_view bytes);
  /// Returns what is left at the end, and the colours as they were.
  std::string Rest();

 private:
  std::string held_;
  bool coloured_ = false;
};

}  // namespace orrery::cli
