#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include "base/described.h"

namespace re2 {
class RE2;
}

namespace orrery::jobs {

/// A line of a log that matches.
struct LogMatch {
  int64_t line = 0;
  int64_t offset = 0;
  std::string text;

  static constexpr FieldDoc kDocs[] = {
      {"line", "Its number, counted from 1."},
      {"offset", "Where it begins in the log, in bytes."},
      {"text", "At most its first 64 KiB, without the line's end; what is no UTF-8 is replaced."},
  };

  bool operator==(const LogMatch&) const = default;
};
BOOST_DESCRIBE_STRUCT(LogMatch, (), (line, offset, text))

/// Finds the lines of a log that match a regular expression, in RE2's syntax. Takes time in proportion to the log
/// whatever the pattern, and memory for one line: of a longer one than 64 KiB only the beginning is looked at.
class LogSearch {
 public:
  /// Takes what was found, in the log's order; false ends the search.
  using Sink = std::function<bool(LogMatch)>;

  /// Errors: invalid_argument (grep: longer than 1,000 bytes, or not a pattern: says at which character).
  LogSearch(const std::string& pattern, bool ignore_case);
  LogSearch(LogSearch&&) noexcept;
  ~LogSearch();

  /// Takes the log's next bytes. False: the sink has had enough.
  bool Take(std::string_view bytes, const Sink& sink);
  /// What comes next begins at `offset`: something between was dropped.
  void MoveTo(int64_t offset);
  /// Takes the end of the log: a last line may lack its end.
  bool Finish(const Sink& sink);

 private:
  bool EndLine(const Sink& sink);

  std::unique_ptr<re2::RE2> pattern_;
  std::string line_;         ///< the beginning of the line that is being read
  int64_t number_ = 1;       ///< its number
  int64_t line_offset_ = 0;  ///< where it begins
  int64_t offset_ = 0;       ///< of the next byte
};

}  // namespace orrery::jobs
