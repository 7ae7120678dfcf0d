#include "cli/live_line.h"

#include <ostream>

namespace orrery::cli {

void LiveLine::Show(const std::string& text) {
  if (!context_.terminal.interactive || context_.json || text == shown_) return;
  context_.out << "\r\x1b[K" << FitText(text, context_.terminal.width - 1) << std::flush;
  shown_ = text;
}

}  // namespace orrery::cli
