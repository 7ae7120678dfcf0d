#include "jobs/internal/array.h"

#include <charconv>
#include <set>
#include <string_view>

#include "base/error.h"

namespace orrery::jobs::internal {
namespace {

constexpr int64_t kLargestIndex = 999'999'999;

[[noreturn]] void Refuse(const std::string& what) {
  throw InvalidField("array", what);
}

/// Reads the digits at the front of `rest`, and drops them.
int64_t TakeNumber(std::string_view& rest, const std::string& text) {
  int64_t number = 0;
  const auto [end, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  const bool digits = !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
  if (!digits || end == rest.data())
    Refuse("expected indices like 1-20, 0-100:10 or 1,3,7, got " + Quoted(text));
  if (fault != std::errc() || number > kLargestIndex)
    Refuse("an index is too large: at most 999999999, got " + Quoted(text));
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  return number;
}

bool TakeMark(std::string_view& rest, char mark) {
  if (!rest.starts_with(mark)) return false;
  rest.remove_prefix(1);
  return true;
}

/// first, first + step, ... up to last.
struct Range {
  int64_t first = 0;
  int64_t last = 0;
  int64_t step = 1;
};

Range TakeRange(std::string_view& rest, const std::string& text) {
  Range range;
  range.first = range.last = TakeNumber(rest, text);
  if (!TakeMark(rest, '-')) return range;
  range.last = TakeNumber(rest, text);
  if (range.last < range.first)
    Refuse("a range must not go down: " + std::to_string(range.first) + "-" + std::to_string(range.last));
  if (TakeMark(rest, ':')) range.step = TakeNumber(rest, text);
  if (range.step == 0) Refuse("a step must be at least 1, got " + Quoted(text));
  return range;
}

}  // namespace

std::vector<int64_t> ParseArray(const std::string& text) {
  std::vector<int64_t> indices;
  std::set<int64_t> seen;
  std::string_view rest = text;
  do {
    const Range range = TakeRange(rest, text);
    for (int64_t index = range.first; index <= range.last; index += range.step) {
      if (indices.size() == kMostTasks)
        Refuse("too many tasks: at most " + std::to_string(kMostTasks) + ", got " + Quoted(text));
      if (!seen.insert(index).second) Refuse("index " + std::to_string(index) + " is given twice");
      indices.push_back(index);
    }
  } while (TakeMark(rest, ','));
  if (!rest.empty()) Refuse("expected indices like 1-20, 0-100:10 or 1,3,7, got " + Quoted(text));
  return indices;
}

JobSpec TaskOf(JobSpec spec, int64_t index, const std::string& group) {
  const std::string suffix = "[" + std::to_string(index) + "]";
  spec.name += suffix;
  if (spec.run_name) *spec.run_name += suffix;
  spec.group = group;
  return spec;
}

}  // namespace orrery::jobs::internal
