#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/instant.h"
#include "cli/client.h"
#include "cli/context.h"

namespace orrery::cli {

/// What the commands read of a run's metric.
struct RunMetric {
  std::string key;
  double value = 0;
  int64_t step = 0;
  double min = 0;
  double max = 0;
  int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(RunMetric, (), (key, value, step, min, max, count))

/// What the commands read of a run.
struct RunRecord {
  std::string id;
  std::string name;
  std::string experiment_name;
  std::string user;
  std::string status;
  std::optional<Instant> started_at;
  std::optional<Instant> ended_at;
  std::string artifact_uri;
  std::map<std::string, std::string> params;
  std::map<std::string, std::string> tags;
  std::vector<RunMetric> metrics;
  std::optional<std::string> job_id;
  std::optional<std::string> git_commit;
};
BOOST_DESCRIBE_STRUCT(RunRecord, (),
                      (id, name, experiment_name, user, status, started_at, ended_at, artifact_uri, params,
                       tags, metrics, job_id, git_commit))

struct RunRecords {
  std::vector<RunRecord> runs;
  std::optional<std::string> next_page_token;
};
BOOST_DESCRIBE_STRUCT(RunRecords, (), (runs, next_page_token))

Tint TintOfStatus(const std::string& status);

/// "3.2 s" since the run's start until its end, or `now`.
std::string RunTimeOf(const RunRecord& run, Instant now);

/// Prints a run's metrics as a table, if it has any.
void PrintRunSummary(Client& client, const std::string& run_id, Context& context);

/// The metrics of one run: latest, least, greatest, how many.
void PrintMetrics(const RunRecord& run, Context& context);

}  // namespace orrery::cli
