#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "jobs/cluster_state.h"
#include "jobs/internal/head.h"
#include "jobs/internal/refusals.h"
#include "jobs/internal/turn_order.h"
#include "jobs/scheduler.h"

namespace orrery::jobs::internal {

/// One walk over the jobs in their order, which makes one decision. Used once.
///
/// Of each job, the first of these that is possible:
///   place      it fits in what is free, behind the head in what the head leaves
///   outrank    it fits in what lower ranked running jobs of its own preemptive queue hold (they end)
///   claim      it fits with what is coming free from preempted jobs, or with further victims
///   reserve    it is the first that is blocked: it becomes the head
/// What is claimed is withdrawn from everybody else as far as it is free, so what is free only shrinks.
class Pass {
 public:
  Pass(const ClusterState& state, int64_t now_us);
  Decisions Run();

 private:
  const ClusterState::Queue& QueueOf(const ClusterState::Entry& entry) const {
    return state_.queues()[static_cast<size_t>(entry.queue)];
  }
  void ServeHeirs(int priority);
  void Consider(int slot);
  Resources Limit(int queue) const;
  Resources LimitLeft(int queue) const;
  bool HeldByLimit(int slot);
  bool WithinLimitNow(const ClusterState::Entry& entry) const;
  bool Place(int slot);
  bool Outrank(int slot);
  bool ClaimComing(int slot);
  bool Claim(int slot);
  void Block(int slot);
  bool MakeHead(int slot);
  bool WorthLooking(const ClusterState::Entry& entry);
  void Confirm(int slot);

  void Hold(int slot, const Spot& spot);
  bool Reclaims(const ClusterState::Entry& entry) const;
  bool Outranks(const ClusterState::Entry& entry) const;
  std::vector<int> Victims(int slot, bool reclaims);
  void Ask(int victim);
  bool CouldEverRun(const Demand& demand);
  const FreeNodes& Coming() const { return coming_ ? *coming_ : free_; }
  void Lend(int queue);
  void Revisit();

  const ClusterState& state_;
  const int64_t now_us_;
  TurnOrder order_;
  FreeNodes free_;
  const Demand least_;  // that any waiting job asks for
  bool anything_fits_;
  std::optional<Backfill> backfill_;  // behind the head, once there is one
  std::optional<FreeNodes> coming_;   // free, and what preempted jobs hold
  std::map<int, FreeNodes> own_;      // free, and what jobs of a preemptive queue hold, by queue
  Refusals refused_;
  Refusals refused_behind_head_;
  Refusals impossible_;
  std::map<int, Refusals> unclaimable_;  // by queue; -1: by priority alone
  std::map<int, Resources> kept_;        // for jobs that wait for their queue's limit, by queue
  std::vector<Resources> held_;          // by jobs that run and stay, by queue
  std::vector<Resources> used_;          // by all that run, those that are to end too, by queue
  std::vector<Grant> grants_;
  std::set<int> confirmed_;  // running jobs of preemptive queues that had their turn and stay
  std::set<int> asked_;      // running jobs that are to end
  const std::vector<int> heirs_;
  size_t next_heir_ = 0;
  std::set<int> served_;  // heirs that had what came free for them
  size_t searches_left_;
  Decisions decisions_;
};

}  // namespace orrery::jobs::internal
