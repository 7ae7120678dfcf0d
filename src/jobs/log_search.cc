#include "jobs/log_search.h"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

#include "base/error.h"
#include "base/utf8.h"

namespace orrery::jobs {
namespace {

constexpr size_t kMostPatternBytes = 1'000;
constexpr size_t kMostLineBytes = 64u << 10;
constexpr int64_t kMostPatternMemory = 8 << 20;

/// At which character RE2 stumbled, from 1. What is missing is missing at the end.
size_t PlaceOf(const re2::RE2& failed, const std::string& pattern) {
  const size_t found = failed.error_arg().empty() ? std::string::npos : pattern.find(failed.error_arg());
  const bool whole = found == 0 && failed.error_arg().size() == pattern.size();
  const size_t bytes = found == std::string::npos || whole ? pattern.size() : found;
  const auto characters = std::count_if(pattern.begin(), pattern.begin() + static_cast<std::ptrdiff_t>(bytes),
                                        [](char byte) { return (byte & 0xC0) != 0x80; });
  return static_cast<size_t>(characters) + 1;
}

}  // namespace

LogSearch::LogSearch(const std::string& pattern, bool ignore_case) {
  if (pattern.size() > kMostPatternBytes) {
    throw InvalidField("grep", "expected a pattern of at most " + std::to_string(kMostPatternBytes) +
                                   " bytes, got " + std::to_string(pattern.size()));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!ignore_case);
  options.set_max_mem(kMostPatternMemory);
  pattern_ = std::make_unique<re2::RE2>(pattern, options);
  if (!pattern_->ok()) {
    throw InvalidField("grep", "expected a regular expression in RE2's syntax; at character " +
                                   std::to_string(PlaceOf(*pattern_, pattern)) + ": " + pattern_->error());
  }
}

LogSearch::LogSearch(LogSearch&&) noexcept = default;
LogSearch::~LogSearch() = default;

bool LogSearch::Take(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    line_ += piece.substr(0, kMostLineBytes - line_.size());
    const size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
    offset_ += static_cast<int64_t>(taken);
    bytes.remove_prefix(taken);
    if (end != std::string_view::npos && !EndLine(sink)) return false;
  }
  return true;
}

void LogSearch::MoveTo(int64_t offset) {
  if (offset_ == line_offset_) line_offset_ = offset;
  offset_ = offset;
}

bool LogSearch::Finish(const Sink& sink) {
  return offset_ == line_offset_ || EndLine(sink);
}

bool LogSearch::EndLine(const Sink& sink) {
  if (line_.ends_with('\r')) line_.pop_back();
  std::string text = IsUtf8(line_) ? std::exchange(line_, {}) : RepairUtf8(line_);
  line_.clear();
  LogMatch match{number_++, std::exchange(line_offset_, offset_), {}};
  if (!re2::RE2::PartialMatch(text, *pattern_)) return true;
  match.text = std::move(text);
  return sink(std::move(match));
}

}  // namespace orrery::jobs
