#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/database.h"

namespace orrery::tracking::internal {

/// Visits the rows of many owners in few range queries: `select` ends in the owner's column
/// ("SELECT run_seq, key FROM run_tags WHERE run_seq"), `order` follows it. Lists are padded to one length, so
/// that one statement stays prepared.
inline void VisitRowsOf(sql::Reader& reader, std::string_view select, std::string_view order,
                        const std::vector<int64_t>& owners,
                        const std::function<void(const sql::Row&)>& visit) {
  constexpr size_t kPerQuery = 64;
  static const std::string kMarks = [] {
    std::string marks = " IN (?";
    for (size_t i = 1; i < kPerQuery; ++i) marks += ", ?";
    return marks + ")";
  }();
  if (owners.size() == 1) {
    reader.Visit(std::string(select) + " = ?" + std::string(order), visit, owners.front());
    return;
  }
  const std::string text = std::string(select) + kMarks + std::string(order);
  for (size_t first = 0; first < owners.size(); first += kPerQuery) {
    std::vector<sql::Value> values(kPerQuery, sql::Value(owners[first]));
    std::copy(owners.begin() + static_cast<std::ptrdiff_t>(first),
              owners.begin() + static_cast<std::ptrdiff_t>(std::min(first + kPerQuery, owners.size())),
              values.begin());
    reader.ForEach(text, values, visit);
  }
}

}  // namespace orrery::tracking::internal
