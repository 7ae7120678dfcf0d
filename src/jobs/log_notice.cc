#include "jobs/log_notice.h"

#include <charconv>

namespace orrery::jobs {
namespace {

constexpr std::string_view kBegin = "\n[orrery: ";
constexpr std::string_view kSomeEnd = " bytes of this log were dropped]\n";
constexpr std::string_view kRest =
    "the rest of this log was dropped: where it lies a file gives no space back]\n";
constexpr std::size_t kLongest = kBegin.size() + kRest.size();
constexpr std::uint64_t kBehindAll = INT64_MAX;

// How many bytes the line `notice` says were dropped, kBehindAll for the rest; none: it says something else.
std::optional<std::uint64_t> DroppedBy(std::string_view notice) {
  notice.remove_prefix(kBegin.size());
  if (notice == kRest) return kBehindAll;
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(notice.data(), notice.data() + notice.size(), bytes);
  notice.remove_prefix(static_cast<std::size_t>(end - notice.data()));
  return error == std::errc() && notice == kSomeEnd ? std::optional(bytes) : std::nullopt;
}

}  // namespace

std::string DroppedNotice(std::optional<std::uint64_t> bytes) {
  std::string text(kBegin);
  return bytes ? text.append(std::to_string(*bytes)).append(kSomeEnd) : text.append(kRest);
}

void LogPosition::Take(std::string_view bytes) {
  offset_ += bytes.size();
  held_ += bytes;
  for (std::size_t begin = 0; (begin = held_.find('\n', begin)) != std::string::npos;) {
    const std::string_view rest = std::string_view(held_).substr(begin);
    const std::size_t end = rest.find('\n', 1);
    if (end == std::string_view::npos && rest.size() < kLongest &&
        rest.starts_with(kBegin.substr(0, rest.size()))) {
      held_.erase(0, begin);
      return;
    }
    begin += 1;
    if (end == std::string_view::npos || !rest.starts_with(kBegin)) continue;
    const auto dropped = DroppedBy(rest.substr(0, end + 1));
    if (!dropped) continue;
    offset_ = *dropped == kBehindAll ? kBehindAll : offset_ + *dropped - (end + 1);
    begin += end;
  }
  held_.clear();
}

}  // namespace orrery::jobs
