#pragma once

#include "tracking/filter.h"
#include "tracking/keyset.h"

namespace orrery::tracking::internal {

/// What runs are searched by.
const Grammar& RunGrammar();

/// `clause` about the run `r`.
Condition RunCondition(const Clause& clause);

/// `clause` about the value `column` of a metric. NaN is unequal to every number and in no order to it.
Condition MetricCondition(const std::string& column, const Clause& clause);

/// The column of table metric_series that holds it; NULL stands for NaN.
std::string MetricColumn(Aggregate aggregate);

/// The column of table runs that holds an attribute.
SortColumn RunColumn(std::string_view attribute);

}  // namespace orrery::tracking::internal
