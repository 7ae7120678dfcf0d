#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tracking/keyset.h"
#include "tracking/types.h"

/// What every search of this module shares.
namespace orrery::tracking::internal {

/// Errors: invalid_argument (not 1 to kMaxSearchResults).
void CheckLimit(int64_t limit);

/// Errors: invalid_argument (more than kMaxExperimentsPerSearch).
void CheckExperiments(size_t amount);

/// The rows of `view`; an empty condition for all of them.
Condition StageIs(const std::string& column, View view);

/// A clause about the value that a table (`owner_column`, key, value) holds for the row `owner`; a numeric one about its
/// column `number`, where only numbers have one.
Condition OwnedText(const std::string& table, const std::string& owner_column, const std::string& owner,
                    const Clause& clause);

/// ", a, b": the sort values as further columns of a select list.
std::string SelectSort(const std::vector<SortColumn>& columns);

/// What a page token is tied to.
std::string QueryText(std::string_view list, std::string_view filter, View view,
                      const std::vector<std::string>& order_by);

}  // namespace orrery::tracking::internal
