#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::cli {

/// What standard output is: only a terminal gets colours, live lines and tables cut to its width.
struct Terminal {
  bool interactive = false;
  bool colour = false;  ///< never with NO_COLOR set to anything, or TERM=dumb
  size_t width = 0;     ///< columns; 0: unlimited (a pipe)

  static Terminal Detect();
};

enum class Tint { kPlain, kDim, kBold, kGreen, kRed, kYellow, kBlue };

/// `text` in `tint`, if the terminal shows colours.
std::string Tinted(const Terminal& terminal, Tint tint, std::string_view text);

/// Columns that `text` takes on screen: code points, wide ones (CJK, emoji) twice, combining ones not at all.
size_t DisplayWidth(std::string_view text);

/// `text` cut to `width` columns, with an ellipsis where something was cut; control characters become '?', so
/// that no name can move the cursor.
std::string FitText(std::string_view text, size_t width);

/// `text` broken between words so that no line is wider than `width` (0: unlimited) once each but the first is indented
/// by `indent`; the first line has the same room as the others.
std::string WrapText(std::string_view text, size_t width, size_t indent);

/// "3.2 s", "4 min 05 s", "2 h 10 min".
std::string DurationText(double seconds);
/// "512 B", "1.5 MiB".
std::string SizeText(uint64_t bytes);
/// At most six significant digits: "0.0831", "1.2e-07".
std::string NumberText(double value);

}  // namespace orrery::cli
