#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tracking/types.h"

/// What the searches take and give. Filters and orders are MLflow's grammar (tracking/filter.h). A page token
/// is opaque, says where the last row stood, and so neither skips nor repeats a row while others are added; a
/// token for another query is invalid_argument. `limit` is 1 to kMaxSearchResults.
namespace orrery::tracking {

struct RunQuery {
  std::vector<int64_t> experiment_ids;  ///< none: no run, unless `all_experiments`
  bool all_experiments = false;
  std::string filter;
  View view = View::kActiveOnly;
  std::vector<std::string> order_by;  ///< ties: newest start first, then run id
  int64_t limit = 1'000;
  std::string page_token;
};

struct RunPage {
  std::vector<Run> runs;
  std::string next_page_token;  ///< empty on the last page
};

struct ExperimentQuery {
  std::string filter;
  View view = View::kActiveOnly;
  std::vector<std::string> order_by;  ///< default: creation_time DESC, experiment_id
  int64_t limit = 1'000;
  std::string page_token;
};

struct ExperimentPage {
  std::vector<Experiment> experiments;
  std::string next_page_token;
};

/// One order of a search of logged models; for a metric the dataset narrows which points count.
struct LoggedModelOrder {
  std::string field;  ///< "metrics.acc", "creation_timestamp"
  bool ascending = true;
  std::optional<std::string> dataset_name;
  std::optional<std::string> dataset_digest;
};

struct DatasetChoice {
  std::string name;
  std::optional<std::string> digest;
};

struct LoggedModelQuery {
  std::vector<int64_t> experiment_ids;
  std::string filter;
  std::vector<DatasetChoice> datasets;  ///< none: metrics of any dataset count
  std::vector<LoggedModelOrder> order_by;
  int64_t limit = 50;
  std::string page_token;
};

struct LoggedModelPage {
  std::vector<LoggedModel> models;
  std::string next_page_token;
};

}  // namespace orrery::tracking
