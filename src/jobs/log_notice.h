#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orrery::jobs {

/// The line that stands in a log for the bytes that were dropped there to bound it; none: for all that follow.
std::string DroppedNotice(std::optional<std::uint64_t> bytes);

/// Counts where in a log a reader stands who gets its bytes, from an offset on, with such lines in between.
class LogPosition {
 public:
  explicit LogPosition(std::uint64_t offset = 0) : offset_(offset) {}

  void Take(std::string_view bytes);

  /// What to ask for next. Behind the last byte that there can be, once the rest was dropped.
  std::uint64_t offset() const { return offset_; }

 private:
  std::uint64_t offset_;
  std::string held_;  ///< the beginning of what may become such a line
};

}  // namespace orrery::jobs
