#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jobs/free_nodes.h"
#include "jobs/queues.h"
#include "jobs/resources.h"

namespace orrery::jobs {

/// The estimate of a job of which nothing is known: it never passes another one because it would end before.
constexpr int64_t kUnknownDurationUs = 100LL * 365 * 86'400 * 1'000'000;

/// A machine and all that it has.
struct SchedulerNode {
  std::string name;
  NodeResources total;

  bool operator==(const SchedulerNode&) const = default;
};

/// A job that wants `need` on each of `nodes` machines, all of them at once. Times are in microseconds.
struct WaitingJob {
  std::string id;
  std::string name;
  std::string user;
  std::string queue = "default";
  int64_t sequence = 0;  ///< grows with submission: the smaller, the older. Breaks every tie
  int64_t submitted_us = 0;
  int priority = 0;
  int nodes = 1;
  Resources need;
  std::string gpu_type;                      ///< empty: GPUs of any one type
  int64_t estimate_us = kUnknownDurationUs;  ///< for how long it is expected to run from its next start
  int64_t service_us = 0;  ///< GPU time (without GPUs: CPU time) that its earlier attempts used

  /// GPUs in all; for a job without GPUs its CPUs, rounded up.
  int64_t Width() const { return (need.gpus > 0 ? need.gpus : (need.millicpus + 999) / 1000) * nodes; }

  bool operator==(const WaitingJob&) const = default;
};

/// A job that holds `job.need` on each of `nodes`.
struct RunningJob {
  WaitingJob job;
  std::vector<std::string> nodes;
  std::string gpu_type;  ///< of the GPUs that it holds
  int64_t started_us = 0;
  int64_t expected_end_us = 0;  ///< of a job that was asked to end: when its grace is over
  bool preempting = false;      ///< was asked to end, and has not yet
};

/// Where a job is to start.
struct Placement {
  std::string job_id;
  std::vector<std::string> nodes;
  std::string gpu_type;  ///< of the GPUs that it is to hold; empty for a job without GPUs or types not known
};

/// Where a job stands among those of its queue: the lesser goes first.
struct RankKey {
  int64_t less_priority = 0;  ///< minus the priority
  double place = 0;           ///< by the queue's order
  int64_t sequence = 0;
  int slot = 0;
  auto operator<=>(const RankKey&) const = default;
};

/// The machines, the queues, who runs and who waits: all that a decision depends on. A plain value that its owner
/// keeps up to date change by change, each in logarithmic time; it is kept sorted, so that a decision does not
/// have to sort.
class ClusterState {
 public:
  /// A job, by its slot: the number under which it is known here from Put to Remove.
  struct Entry {
    Demand demand;
    int queue = 0;
    bool running = false;
    bool preempting = false;
    Spot spot;  ///< the machines that it holds, as far as they are known
    std::vector<std::string> node_names;
    std::string gpu_type;  ///< of the GPUs that it holds
    int64_t started_us = 0;
    int64_t expected_end_us = 0;
    WaitingJob job;
  };
  struct Queue {
    std::string name;
    QueueConfig config;
    Resources used;
    int64_t running = 0;  ///< jobs that hold something
    std::set<RankKey> waiting;
  };
  /// When a running job is expected to end.
  struct End {
    int64_t at_us = 0;
    int64_t sequence = 0;
    int slot = 0;
    auto operator<=>(const End&) const = default;
  };

  /// Replaces the machines. Jobs stay; what they hold on machines that are gone is forgotten.
  void SetNodes(const std::vector<SchedulerNode>& nodes);
  /// Every queue that is named here is there from now on, also while it has no job.
  void SetQueues(Queues queues);

  /// Adds a job, or replaces what is known of the job of that id.
  void Put(WaitingJob job);
  void Put(RunningJob job);
  /// Does nothing when there is no such job.
  void Remove(const std::string& id);

  /// A waiting job becomes a running one that is expected to end after its estimate.
  void Start(const Placement& placement, int64_t now_us);
  /// A running job was asked to end, and will have ended by `ends_by_us`.
  void Preempt(const std::string& id, int64_t ends_by_us);
  /// What the latest decision said: the job that it promised a start, which keeps its place before later jobs of its
  /// priority until it has started, and the heirs for whom preempted jobs are ending, who are served first among those
  /// of their priority. (Otherwise the preempted job could be the first to take what it had to give up.)
  void Promise(std::optional<std::string> job_id, std::vector<std::string> heirs = {}) {
    promised_ = std::move(job_id);
    heirs_ = std::move(heirs);
  }

  /// True in a simulation where preempted jobs are gone before the placements of the same decision are made.
  bool preempts_at_once = false;

  // What a decision reads.
  const FreeNodes& free() const { return free_; }
  const FreeNodes& total() const { return total_; }
  const Resources& capacity() const { return capacity_; }
  const std::vector<Queue>& queues() const { return queues_; }
  const Entry& entry(int slot) const { return entries_[static_cast<size_t>(slot)]; }
  const std::set<End>& ends() const { return ends_; }
  std::optional<int> Find(const std::string& id) const;
  std::optional<int> promised() const;
  /// The heirs that still wait, those of the highest priority first.
  std::vector<int> heirs() const;
  size_t running() const { return ends_.size(); }
  size_t preempting() const { return preempting_; }
  size_t waiting() const { return slots_.size() - ends_.size(); }
  /// The least of each kind that any waiting job needs on a machine: where that does not fit, none does.
  Resources LeastNeed() const;
  /// The lowest priority of a running job.
  std::optional<int> LowestRunning() const;

  const std::string& NodeName(int node) const { return node_names_[static_cast<size_t>(node)]; }
  const std::vector<std::string>& gpu_types() const { return gpu_types_; }
  std::string GpuTypeName(int type) const;
  Placement PlacementOf(int slot, const Spot& spot) const;

 private:
  using Counts = std::map<int64_t, int>;

  int Add(WaitingJob job);
  void Hold(int slot);
  void Release(int slot);
  void Line(int slot);
  void Unline(int slot);
  int QueueOf(const std::string& name);
  Demand DemandOf(const WaitingJob& job) const;
  Spot SpotOf(const std::vector<std::string>& nodes, const std::string& gpu_type) const;
  void CountNeed(const Resources& need, int by);

  std::vector<std::string> node_names_;
  std::unordered_map<std::string, int> node_numbers_;
  std::vector<std::string> gpu_types_;
  FreeNodes total_;
  FreeNodes free_;
  Resources capacity_;
  Queues configured_;
  std::vector<Queue> queues_;
  std::map<std::string, int> queue_numbers_;
  std::vector<Entry> entries_;
  std::vector<int> vacant_;
  std::unordered_map<std::string, int> slots_;
  std::set<End> ends_;
  Counts needs_[3];  // of waiting jobs: CPUs, memory, GPUs
  Counts running_priorities_;
  size_t preempting_ = 0;
  std::optional<std::string> promised_;
  std::vector<std::string> heirs_;
};

/// Where `entry` stands in its queue's order at `now_us`. Of a waiting job it does not depend on the time.
RankKey RankOf(const ClusterState::Entry& entry, int slot, const QueuePolicy& policy, int64_t now_us);

/// When the rank of a job that runs since `started_us` changes by itself: when it has used up its quantum, in a
/// preemptive queue by service. Nothing when it does not.
std::optional<int64_t> NextRankChange(const WaitingJob& job, const QueuePolicy& policy, int64_t started_us,
                                      int64_t now_us);

/// What of each machine no job holds, by name.
std::map<std::string, NodeResources> FreeOf(const ClusterState& state);

}  // namespace orrery::jobs
