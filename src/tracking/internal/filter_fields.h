#pragma once

#include <cstddef>
#include <string>

#include "tracking/filter.h"
#include "tracking/internal/filter_lexer.h"

namespace orrery::tracking::internal {

/// What a clause compares, or an order is by.
struct Field {
  Entity entity = Entity::kAttribute;
  std::string key;
  Aggregate aggregate = Aggregate::kLast;
  Attribute::Kind kind = Attribute::Kind::kText;
  bool numeric = false;  ///< a text that may be compared as a number too
  size_t column = 1;
};

/// Reads one field: `metrics.loss`, `Created`, `tags."a b"`, `min(metrics.loss)`. Errors: invalid_argument.
Field TakeField(FilterLexer& lexer, const Grammar& grammar);

}  // namespace orrery::tracking::internal
