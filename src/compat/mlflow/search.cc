#include "tracking/search.h"

#include "compat/mlflow/answers.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/shared_requests.h"

namespace orrery::compat::mlflow {
namespace {

struct SearchRequest {
  std::vector<std::string> experiment_ids;
  std::string filter;
  tracking::View run_view_type = tracking::View::kActiveOnly;
  std::optional<int64_t> max_results;
  std::vector<std::string> order_by;
  std::string page_token;
};
BOOST_DESCRIBE_STRUCT(SearchRequest, (),
                      (experiment_ids, filter, run_view_type, max_results, order_by, page_token))

}  // namespace

http::Response SearchRuns(const Services& services, http::Request& request) {
  constexpr int64_t kDefaultResults = 1'000;
  auto asked = ReadRequest<SearchRequest>(request);
  const auto page = services.tracking.runs.Search({.experiment_ids = ExperimentIds(asked.experiment_ids),
                                                   .filter = std::move(asked.filter),
                                                   .view = asked.run_view_type,
                                                   .order_by = std::move(asked.order_by),
                                                   .limit = asked.max_results.value_or(kDefaultResults),
                                                   .page_token = std::move(asked.page_token)});
  return AnswerPage("runs", page.runs, page.next_page_token, WriteRun);
}

}  // namespace orrery::compat::mlflow
