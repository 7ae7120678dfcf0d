#include "jobs/internal/pass.h"

#include <algorithm>
#include <utility>

#include "jobs/internal/victims.h"

namespace orrery::jobs::internal {
namespace {

// A search for victims looks at every running job: so many in one decision, and the next one goes on.
constexpr size_t kMostLooks = 500'000;
constexpr size_t kFewestSearches = 16;
// Shares are sums of fractions.
constexpr double kRounding = 1e-9;

}  // namespace

Pass::Pass(const ClusterState& state, int64_t now_us)
    : state_(state),
      now_us_(now_us),
      order_(state, now_us),
      free_(state.free()),
      least_{.need = state.LeastNeed()},
      anything_fits_(free_.Find(least_).has_value()),
      heirs_(state.heirs()),
      searches_left_(std::max(kFewestSearches, kMostLooks / (state.running() + 1))) {
  for (int queue = 0; queue < static_cast<int>(state.queues().size()); ++queue) {
    held_.push_back(state.queues()[static_cast<size_t>(queue)].used);
    used_.push_back(state.queues()[static_cast<size_t>(queue)].used);
    if (state.queues()[static_cast<size_t>(queue)].config.policy.preemptive) Lend(queue);
  }
  if (state.preempting() == 0) return;
  coming_ = free_;
  for (const ClusterState::End& end : state_.ends()) {
    const ClusterState::Entry& entry = state_.entry(end.slot);
    if (!entry.preempting) continue;
    coming_->Give(entry.spot, entry.job.need);
    held_[static_cast<size_t>(entry.queue)] -= entry.demand.Total();
  }
}

Decisions Pass::Run() {
  while (const auto slot = order_.Next()) {
    const ClusterState::Entry& entry = state_.entry(*slot);
    ServeHeirs(entry.job.priority);
    if (entry.running) {
      Confirm(*slot);
    } else if (!served_.contains(*slot)) {
      Consider(*slot);
    }
  }
  Revisit();
  return std::move(decisions_);
}

// Heirs have what came free for them before anybody else of their priority; whom that does not serve has its turn
// like others.
void Pass::ServeHeirs(int priority) {
  for (; next_heir_ < heirs_.size(); ++next_heir_) {
    const int slot = heirs_[next_heir_];
    const ClusterState::Entry& entry = state_.entry(slot);
    if (entry.job.priority < priority) return;
    const bool within =
        QueueOf(entry).config.limit >= 1 || LimitLeft(entry.queue).CoversKindsOf(entry.demand.Total());
    if (within && (Place(slot) || ClaimComing(slot))) served_.insert(slot);
  }
}

void Pass::Consider(int slot) {
  if (HeldByLimit(slot)) return;
  if (Place(slot) || Outrank(slot) || Claim(slot)) return;
  Block(slot);
}

Resources Pass::Limit(int queue) const {
  return LimitOf(state_.queues()[static_cast<size_t>(queue)].config, state_.capacity());
}

Resources Pass::LimitLeft(int queue) const {
  return Limit(queue) - order_.Used(queue);
}

// A job that waits for its queue's limit is kept its part of that from the jobs behind it.
bool Pass::HeldByLimit(int slot) {
  const ClusterState::Entry& entry = state_.entry(slot);
  const QueueConfig& config = QueueOf(entry).config;
  if (config.limit >= 1) return false;
  const Resources need = entry.demand.Total();
  if (!Limit(entry.queue).Covers(need) || !CouldEverRun(entry.demand)) return true;
  Resources open = LimitLeft(entry.queue) - kept_[entry.queue];
  if (backfill_ && !backfill_->EndsBefore(now_us_, entry.job.estimate_us)) {
    const ClusterState::Entry& head = state_.entry(backfill_->head().slot);
    if (head.queue == entry.queue) open -= head.demand.Total();
  }
  if (open.CoversKindsOf(need)) return false;
  if (!MakeHead(slot) && config.policy.fill != QueueFill::kSkip) kept_[entry.queue] += need;
  if (config.policy.fill == QueueFill::kStrict) order_.CloseWaiting(entry.queue);
  return true;
}

// Counts what jobs that are to end still hold.
bool Pass::WithinLimitNow(const ClusterState::Entry& entry) const {
  if (QueueOf(entry).config.limit >= 1) return true;
  const Resources open = Limit(entry.queue) - used_[static_cast<size_t>(entry.queue)];
  return open.CoversKindsOf(entry.demand.Total());
}

bool Pass::Place(int slot) {
  const ClusterState::Entry& entry = state_.entry(slot);
  if (!anything_fits_ || refused_.Cover(entry.demand) || !WithinLimitNow(entry)) return false;
  const bool stays = backfill_ && !backfill_->EndsBefore(now_us_, entry.job.estimate_us);
  if (stays && refused_behind_head_.Cover(entry.demand)) return false;
  const auto spot = (stays ? backfill_->open() : free_).Find(entry.demand);
  if (!spot) {
    (stays ? refused_behind_head_ : refused_).Add(entry.demand);
    return false;
  }
  free_.Take(*spot, entry.job.need);
  if (backfill_) backfill_->Take(*spot, entry.job.need, stays, free_);
  if (coming_) coming_->Take(*spot, entry.job.need);
  for (auto& [queue, own] : own_) own.Take(*spot, entry.job.need);
  order_.Charge(entry.queue, entry.demand.Total());
  anything_fits_ = free_.Find(least_).has_value();
  used_[static_cast<size_t>(entry.queue)] += entry.demand.Total();
  decisions_.placements.push_back(state_.PlacementOf(slot, *spot));
  grants_.push_back({slot, *spot, now_us_ + entry.job.estimate_us, {}});
  return true;
}

bool Pass::Outrank(int slot) {
  const ClusterState::Entry& entry = state_.entry(slot);
  if (!QueueOf(entry).config.policy.preemptive) return false;
  const auto spot = own_.at(entry.queue).Find(entry.demand);
  if (!spot || (backfill_ && backfill_->Reserves(*spot))) return false;
  Hold(slot, *spot);
  return true;
}

bool Pass::Reclaims(const ClusterState::Entry& entry) const {
  const double guaranteed = QueueOf(entry).config.guaranteed;
  if (guaranteed <= 0) return false;
  const auto share = [&](const Resources& used) {
    return DominantShare(used + entry.demand.Total(), state_.capacity());
  };
  return std::max(share(order_.Used(entry.queue)), share(held_[static_cast<size_t>(entry.queue)])) <=
         guaranteed + kRounding;
}

bool Pass::Outranks(const ClusterState::Entry& entry) const {
  return state_.LowestRunning().value_or(entry.job.priority) < entry.job.priority;
}

bool Pass::ClaimComing(int slot) {
  const auto spot = coming_ ? coming_->Find(state_.entry(slot).demand) : std::nullopt;
  if (!spot || (backfill_ && backfill_->Reserves(*spot))) return false;
  Hold(slot, *spot);
  return true;
}

bool Pass::Claim(int slot) {
  if (ClaimComing(slot)) return true;
  const ClusterState::Entry& entry = state_.entry(slot);
  const bool reclaims = Reclaims(entry);
  if (searches_left_ == 0 || (!reclaims && !Outranks(entry))) return false;
  Refusals& unclaimable = unclaimable_[reclaims ? entry.queue : -1];
  if (unclaimable.Cover(entry.demand)) return false;
  --searches_left_;
  const std::vector<int> victims = Victims(slot, reclaims);
  if (victims.empty()) {
    unclaimable.Add(entry.demand);
    return false;
  }
  for (const int victim : victims) Ask(victim);
  return ClaimComing(slot);
}

std::vector<int> Pass::Victims(int slot, bool reclaims) {
  const ClusterState::Entry& entry = state_.entry(slot);
  std::vector<Candidate> candidates;
  for (const ClusterState::End& end : state_.ends()) {
    const ClusterState::Entry& other = state_.entry(end.slot);
    if (other.preempting || asked_.contains(end.slot) || other.job.priority > entry.job.priority) continue;
    const bool lower = other.job.priority < entry.job.priority;
    if (!lower && (!reclaims || other.queue == entry.queue)) continue;
    const int64_t ran_us = std::max<int64_t>(now_us_ - other.started_us, 0);
    candidates.push_back({end.slot, other.job.priority, ran_us * other.job.Width()});
  }
  SortByCost(state_, candidates);
  // Of a queue that is asked to give back, only what it holds beyond its guarantee.
  std::vector<Resources> held = held_;
  std::erase_if(candidates, [&](const Candidate& candidate) {
    const ClusterState::Entry& other = state_.entry(candidate.slot);
    Resources& holds = held[static_cast<size_t>(other.queue)];
    const bool beyond =
        DominantShare(holds, state_.capacity()) > QueueOf(other).config.guaranteed + kRounding;
    if (other.job.priority == entry.job.priority && !beyond) return true;
    holds -= other.demand.Total();
    return false;
  });
  return ChooseVictims(state_, Coming(), entry.demand, candidates,
                       [&](int node) { return !backfill_ || !backfill_->Reserves({.nodes = {node}}); });
}

void Pass::Ask(int victim) {
  const ClusterState::Entry& entry = state_.entry(victim);
  asked_.insert(victim);
  if (!coming_) coming_ = free_;
  coming_->Give(entry.spot, entry.job.need);
  held_[static_cast<size_t>(entry.queue)] -= entry.demand.Total();
  const bool had_turn = !QueueOf(entry).config.policy.preemptive || confirmed_.contains(victim);
  if (had_turn) {
    order_.Charge(entry.queue, Resources{} - entry.demand.Total());
  } else {
    own_.at(entry.queue).Take(entry.spot, entry.job.need);  // no longer lent to its own queue
  }
  decisions_.preemptions.push_back(entry.job.id);
}

void Pass::Block(int slot) {
  const ClusterState::Entry& entry = state_.entry(slot);
  MakeHead(slot);
  const bool strict = QueueOf(entry).config.policy.fill == QueueFill::kStrict && CouldEverRun(entry.demand);
  if (strict || !WorthLooking(entry)) order_.CloseWaiting(entry.queue);
}

bool Pass::MakeHead(int slot) {
  const ClusterState::Entry& entry = state_.entry(slot);
  const QueueConfig& config = QueueOf(entry).config;
  if (backfill_ || config.policy.fill == QueueFill::kSkip || !CouldEverRun(entry.demand)) return false;
  std::optional<Resources> limit_left;
  if (config.limit < 1) limit_left = LimitLeft(entry.queue);
  auto head = Reserve(state_, free_, grants_, limit_left, slot, now_us_);
  if (!head) return false;
  decisions_.reservation = {entry.job.id, head->at_us, state_.PlacementOf(slot, head->spot).nodes};
  backfill_.emplace(std::move(*head), free_);
  return true;
}

// Whether a later job of the queue could still get anything.
bool Pass::WorthLooking(const ClusterState::Entry& entry) {
  const QueueConfig& config = QueueOf(entry).config;
  if (anything_fits_ || config.guaranteed > 0 || Outranks(entry)) return true;
  if (coming_ && coming_->Find(least_)) return true;
  if (!backfill_ && config.policy.fill != QueueFill::kSkip) return true;
  return config.policy.preemptive && own_.at(entry.queue).Find(least_).has_value();
}

// A running job of a preemptive queue, at its turn: it stays when what it holds was not taken by a higher rank.
void Pass::Confirm(int slot) {
  if (asked_.contains(slot)) return;
  const ClusterState::Entry& entry = state_.entry(slot);
  FreeNodes& own = own_.at(entry.queue);
  const QueueConfig& config = QueueOf(entry).config;
  const bool within = config.limit >= 1 || LimitLeft(entry.queue).CoversKindsOf(entry.demand.Total());
  const bool stays = within && std::all_of(entry.spot.nodes.begin(), entry.spot.nodes.end(), [&](int node) {
                       return own.Covers(node, entry.spot.gpu_type, entry.job.need);
                     });
  if (stays) {
    own.Take(entry.spot, entry.job.need);
    order_.Charge(entry.queue, entry.demand.Total());
    confirmed_.insert(slot);
  } else {
    asked_.insert(slot);
    decisions_.preemptions.push_back(entry.job.id);
  }
}

// Withdraws what the job is to have, as far as it is free now, from everybody else.
void Pass::Hold(int slot, const Spot& spot) {
  const ClusterState::Entry& entry = state_.entry(slot);
  const Resources& need = entry.job.need;
  Grant grant{slot, spot, now_us_ + entry.job.estimate_us, {}};
  for (const int node : spot.nodes) {
    const Resources taken = free_.TakeUpTo(node, spot.gpu_type, need);
    if (backfill_) backfill_->Take({{node}, spot.gpu_type}, taken, true, free_);
    if (coming_) coming_->TakeUpTo(node, spot.gpu_type, need);
    for (auto& [queue, own] : own_) own.TakeUpTo(node, spot.gpu_type, need);
    grant.owed.push_back(need - taken);
  }
  grants_.push_back(std::move(grant));
  order_.Charge(entry.queue, entry.demand.Total());
  anything_fits_ = free_.Find(least_).has_value();
  if (state_.preempts_at_once) {
    decisions_.placements.push_back(state_.PlacementOf(slot, spot));
  } else {
    decisions_.awaiting.push_back(entry.job.id);
  }
}

bool Pass::CouldEverRun(const Demand& demand) {
  if (impossible_.Cover(demand)) return false;
  if (state_.total().Find(demand)) return true;
  impossible_.Add(demand);
  return false;
}

// To the queue's own jobs in their order, until a running one has its turn and takes back what it holds.
void Pass::Lend(int queue) {
  FreeNodes& own = own_.emplace(queue, free_).first->second;
  for (const ClusterState::End& end : state_.ends()) {
    const ClusterState::Entry& entry = state_.entry(end.slot);
    if (entry.queue == queue) own.Give(entry.spot, entry.job.need);
  }
}

void Pass::Revisit() {
  const auto consider = [&](int slot, int64_t started_us) {
    const ClusterState::Entry& entry = state_.entry(slot);
    const auto change = NextRankChange(entry.job, QueueOf(entry).config.policy, started_us, now_us_);
    if (change && (!decisions_.revisit_us || *change < *decisions_.revisit_us))
      decisions_.revisit_us = change;
  };
  const bool any = std::any_of(state_.queues().begin(), state_.queues().end(), [](const auto& queue) {
    return queue.config.policy.preemptive && queue.config.policy.order == QueueOrder::kService;
  });
  if (!any) return;
  for (const ClusterState::End& end : state_.ends()) {
    if (!asked_.contains(end.slot)) consider(end.slot, state_.entry(end.slot).started_us);
  }
  for (const Grant& grant : grants_) consider(grant.slot, now_us_);
}

}  // namespace orrery::jobs::internal
