#pragma once

#include <cstddef>

#include "tracking/filter.h"
#include "tracking/internal/filter_lexer.h"

namespace orrery::tracking::internal {

/// Reads one clause. `list_items` counts the items of all lists of the filter: a statement binds only so many.
/// Errors: invalid_argument.
Clause TakeClause(FilterLexer& lexer, const Grammar& grammar, size_t& list_items);

}  // namespace orrery::tracking::internal
