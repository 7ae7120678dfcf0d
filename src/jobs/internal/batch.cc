#include "jobs/internal/batch.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/error.h"

namespace orrery::jobs::internal {
namespace {

/// For each job the jobs that it runs after, by their places.
using Graph = std::vector<std::vector<size_t>>;

Graph LinkByName(std::vector<JobSpec>& specs, const std::vector<JobId>& ids) {
  std::map<std::string, std::vector<size_t>> places;
  for (size_t i = 0; i < specs.size(); ++i) places[specs[i].name].push_back(i);
  Graph after(specs.size());
  for (size_t i = 0; i < specs.size(); ++i) {
    for (size_t j = 0; j < specs[i].after.size(); ++j) {
      std::string& job = specs[i].after[j].job;
      const auto found = places.find(job);
      if (found == places.end()) continue;
      if (found->second.size() > 1) {
        throw InvalidField("jobs[" + std::to_string(i) + "].after[" + std::to_string(j) + "].job",
                           "two jobs of this request have this name: " + Quoted(job));
      }
      after[i].push_back(found->second.front());
      job = ids[found->second.front()].text();
    }
  }
  return after;
}

/// A walk along the graph, deepest first, that finds its cycles; on a stack of its own, as a chain may be long.
class Walk {
 public:
  Walk(const Graph& after, const std::vector<JobSpec>& specs)
      : after_(after), specs_(specs), marks_(after.size(), Mark::kNew) {}

  void Everywhere() {
    for (size_t i = 0; i < after_.size(); ++i) {
      if (marks_[i] == Mark::kNew) From(i);
    }
  }

 private:
  enum class Mark { kNew, kOpen, kDone };
  struct Place {
    size_t job = 0;
    size_t next = 0;  ///< of the jobs that it runs after, the one to look at next
  };

  void From(size_t first) {
    Open(first);
    while (!path_.empty()) {
      Place& place = path_.back();
      if (place.next == after_[place.job].size()) {
        marks_[place.job] = Mark::kDone;
        path_.pop_back();
        continue;
      }
      const size_t next = after_[place.job][place.next++];
      if (marks_[next] == Mark::kOpen) RefuseCycle(next);
      if (marks_[next] == Mark::kNew) Open(next);
    }
  }

  void Open(size_t job) {
    marks_[job] = Mark::kOpen;
    path_.push_back({.job = job});
  }

  [[noreturn]] void RefuseCycle(size_t back_to) {
    const auto begin =
        std::find_if(path_.begin(), path_.end(), [&](const Place& place) { return place.job == back_to; });
    std::string text;
    for (auto place = begin; place != path_.end(); ++place) text += specs_[place->job].name + " -> ";
    throw InvalidField("jobs", "run after one another in a cycle, so that none could ever start: " + text +
                                   specs_[back_to].name);
  }

  const Graph& after_;
  const std::vector<JobSpec>& specs_;
  std::vector<Mark> marks_;
  std::vector<Place> path_;
};

}  // namespace

void ResolveNames(std::vector<JobSpec>& specs, const std::vector<JobId>& ids) {
  const Graph after = LinkByName(specs, ids);
  Walk(after, specs).Everywhere();
}

}  // namespace orrery::jobs::internal
