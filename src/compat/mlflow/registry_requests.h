#pragma once

#include "compat/mlflow/shared_requests.h"

/// What requests about registered models and about their versions have in common.
namespace orrery::compat::mlflow {

struct ModelNameRequest {
  static constexpr std::string_view kRequired[] = {"name"};
  std::string name;
};
BOOST_DESCRIBE_STRUCT(ModelNameRequest, (), (name))

struct ListRequest {
  std::string filter;
  std::optional<int64_t> max_results;
  std::vector<std::string> order_by;
  std::string page_token;
};
BOOST_DESCRIBE_STRUCT(ListRequest, (), (filter, max_results, order_by, page_token))

inline models::SearchRequest ToSearch(ListRequest&& asked, int64_t default_results) {
  return {.filter = std::move(asked.filter),
          .order_by = std::move(asked.order_by),
          .max_results = asked.max_results.value_or(default_results),
          .page_token = std::move(asked.page_token)};
}

/// A version as it travels: decimal digits. Errors: invalid_argument.
int64_t VersionNumber(std::string_view text);

/// A stage in any case. Errors: invalid_argument.
models::Stage StageNamed(std::string_view text);

}  // namespace orrery::compat::mlflow
