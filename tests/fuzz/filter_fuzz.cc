#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "tracking/filter.h"
#include "tracking/keyset.h"

namespace tracking = orrery::tracking;

// Whatever the bytes are, the answer is a condition in SQL, or an invalid_argument.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Kind = tracking::Attribute::Kind;
  static constexpr tracking::Attribute kAttributes[] = {
      {"run_id", Kind::kText}, {"run_name", Kind::kText, "Run name"}, {"start_time", Kind::kTime, "Created"}};
  static constexpr tracking::Grammar kGrammar{kAttributes, true, true, true, true, true, true};
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    tracking::ToCondition(tracking::ParseFilter(text, kGrammar), [](const tracking::Clause& clause) {
      tracking::Condition condition = tracking::Compare("x", clause);
      if (condition.values.size() != clause.values.size()) __builtin_trap();
      return condition;
    });
  } catch (const orrery::Error& error) {
    if (error.code() != orrery::Code::kInvalidArgument) throw;
  }
  try {
    tracking::ParseOrderBy(std::vector<std::string>{text}, kGrammar);
  } catch (const orrery::Error& error) {
    if (error.code() != orrery::Code::kInvalidArgument) throw;
  }
  try {
    using Type = tracking::SortColumn::Type;
    static const tracking::SortColumn kColumns[] = {{"a", Type::kReal, true, true}, {"b", Type::kText}};
    tracking::DecodePageToken(text, "query", kColumns);
  } catch (const orrery::Error& error) {
    if (error.code() != orrery::Code::kInvalidArgument) throw;
  }
  return 0;
}
