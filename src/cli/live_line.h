#pragma once

#include <string>

#include "cli/context.h"

namespace orrery::cli {

/// One line of an interactive terminal that is written over as things change; elsewhere, and with --json, it shows nothing.
class LiveLine {
 public:
  /// `context` must outlive the line.
  explicit LiveLine(Context& context) : context_(context) {}
  ~LiveLine() { Clear(); }
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  void Show(const std::string& text);
  /// Makes room for what stays.
  void Clear() { Show(""); }

 private:
  Context& context_;
  std::string shown_;
};

}  // namespace orrery::cli
