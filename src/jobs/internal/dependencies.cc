#include "jobs/internal/dependencies.h"

#include <boost/describe/class.hpp>

#include "base/error.h"
#include "jobs/job_words.h"

namespace orrery::jobs::internal {
namespace {

constexpr size_t kNamed = 2;

/// One job that another one runs after.
struct Dependency {
  std::string id;
  std::string name;
  JobState state = JobState::kPending;
  AfterCondition condition = AfterCondition::kSuccess;

  bool IsMet() const {
    return state == JobState::kSucceeded || (condition == AfterCondition::kAnyEnd && IsTerminal(state));
  }
  bool IsBroken() const { return IsTerminal(state) && !IsMet(); }
  std::string Words() const { return JobWords(id, name); }
};
BOOST_DESCRIBE_STRUCT(Dependency, (), (id, name, state, condition))

std::vector<Dependency> DependenciesOf(sql::Reader& reader, const JobId& id) {
  return reader.All<Dependency>(
      "SELECT jobs.id, jobs.name, jobs.state, job_dependencies.condition FROM job_dependencies "
      "JOIN jobs ON jobs.id = job_dependencies.on_job_id WHERE job_id = ? ORDER BY position",
      id);
}

}  // namespace

void KeepDependencies(sql::Writer& writer, const JobId& id, const std::vector<AfterSpec>& after) {
  for (size_t i = 0; i < after.size(); ++i) {
    if (!writer.First<std::string>("SELECT id FROM jobs WHERE id = ?", after[i].job)) {
      throw InvalidField("after[" + std::to_string(i) + "].job",
                         "no job has this id: " + Quoted(after[i].job));
    }
    writer.Run("INSERT INTO job_dependencies (job_id, position, on_job_id, condition) VALUES (?, ?, ?, ?)",
               id, i, after[i].job, after[i].on);
  }
}

std::optional<JobEvent> OutcomeOfDependencies(sql::Reader& reader, const JobId& id) {
  bool all_met = true;
  for (const Dependency& dependency : DependenciesOf(reader, id)) {
    if (dependency.IsBroken()) {
      const std::string ended = dependency.state == JobState::kFailed ? "failed" : "was cancelled";
      return Unresolvable{dependency.Words() + ", which it runs after, " + ended};
    }
    all_met = all_met && dependency.IsMet();
  }
  if (!all_met) return std::nullopt;
  return Resolved{};
}

std::vector<JobId> PendingAfter(sql::Reader& reader, const JobId& id) {
  return reader.All<JobId>(
      "SELECT jobs.id FROM job_dependencies JOIN jobs ON jobs.id = job_dependencies.job_id "
      "WHERE on_job_id = ? AND jobs.state = 'PENDING' ORDER BY jobs.seq",
      id);
}

std::string WaitsFor(sql::Reader& reader, const JobId& id) {
  std::string text;
  size_t unmet = 0;
  for (const Dependency& dependency : DependenciesOf(reader, id)) {
    if (dependency.IsMet() || ++unmet > kNamed) continue;
    text += (text.empty() ? "waits for " : ", ") + dependency.Words() +
            (dependency.condition == AfterCondition::kSuccess ? " to succeed" : " to end");
  }
  if (unmet > kNamed) text += " and " + std::to_string(unmet - kNamed) + " more";
  return text;
}

}  // namespace orrery::jobs::internal
