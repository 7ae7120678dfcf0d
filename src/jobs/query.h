#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/types.h"

namespace orrery::jobs {

/// Which jobs to list; what is empty matches all.
struct JobQuery {
  std::vector<JobState> states;
  std::string queue;
  std::string name;
  std::string group;
  int limit = 100;         ///< 1 to 1000
  std::string page_token;  ///< from the page before
};

/// Newest first.
struct JobPage {
  std::vector<Job> jobs;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(JobPage, (), (jobs, next_page_token))

}  // namespace orrery::jobs
