#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <set>
#include <vector>

#include "jobs/cluster_state.h"

namespace orrery::jobs::internal {

/// The largest fraction of any one kind of `capacity` that `used` is.
double DominantShare(const Resources& used, const Resources& capacity);

/// Yields the jobs of a state one by one in the order in which they have their turn, while the caller charges the
/// queues for what they get. Of a preemptive queue the running jobs have their turn too, and the queue is charged
/// for them then. Each turn costs the logarithm of the number of queues. The state must not change meanwhile.
class TurnOrder {
 public:
  TurnOrder(const ClusterState& state, int64_t now_us);

  /// The slot of the next job.
  std::optional<int> Next();
  /// The queue holds `amount` more.
  void Charge(int queue, const Resources& amount) { used_[static_cast<size_t>(queue)] += amount; }
  /// No more waiting job of this queue has its turn.
  void CloseWaiting(int queue);

  const Resources& Used(int queue) const { return used_[static_cast<size_t>(queue)]; }
  double Share(int queue) const { return DominantShare(Used(queue), state_.capacity()); }

 private:
  struct Cursor {
    std::set<RankKey>::const_iterator waiting;
    std::set<RankKey>::const_iterator end;
    std::vector<RankKey> running;  // of a preemptive queue, sorted
    size_t next_running = 0;
    std::optional<RankKey> promised;
  };
  /// A queue by its next job; the least has its turn.
  struct Head {
    int64_t less_priority;
    int beyond_guarantee;
    int not_promised;
    double ratio;
    int64_t sequence;
    int queue;
    auto operator<=>(const Head&) const = default;
  };

  void AddRunning(int64_t now_us);
  void SetPromised();
  void SkipPromised(Cursor& cursor) const;
  std::optional<RankKey> Peek(int queue) const;
  std::optional<Head> HeadOf(int queue) const;
  void Advance(int queue);
  void PushHead(int queue);
  void DropStale();

  const ClusterState& state_;
  std::vector<Cursor> cursors_;
  std::vector<Resources> used_;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
  std::optional<int> last_;  // the queue that had its turn, whose next job is not among the heads yet
  int promised_slot_ = -1;   // has its turn out of line
};

}  // namespace orrery::jobs::internal
