#include "jobs/internal/turn_order.h"

#include <algorithm>

namespace orrery::jobs::internal {
namespace {

// Shares are sums of fractions.
constexpr double kRounding = 1e-9;

}  // namespace

double DominantShare(const Resources& used, const Resources& capacity) {
  const auto fraction = [](int64_t part, int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
  };
  return std::max({fraction(used.millicpus, capacity.millicpus),
                   fraction(used.memory_bytes, capacity.memory_bytes), fraction(used.gpus, capacity.gpus)});
}

TurnOrder::TurnOrder(const ClusterState& state, int64_t now_us) : state_(state) {
  for (const ClusterState::Queue& queue : state.queues()) {
    cursors_.push_back(
        {.waiting = queue.waiting.begin(), .end = queue.waiting.end(), .running = {}, .promised = {}});
    used_.push_back(queue.used);
  }
  AddRunning(now_us);
  SetPromised();
  for (int queue = 0; queue < static_cast<int>(cursors_.size()); ++queue) PushHead(queue);
}

void TurnOrder::AddRunning(int64_t now_us) {
  const auto preemptive = [&](int queue) {
    return state_.queues()[static_cast<size_t>(queue)].config.policy.preemptive;
  };
  bool any = false;
  for (int queue = 0; queue < static_cast<int>(cursors_.size()); ++queue) any = any || preemptive(queue);
  if (!any) return;
  for (const ClusterState::End& end : state_.ends()) {
    const ClusterState::Entry& entry = state_.entry(end.slot);
    if (entry.preempting || !preemptive(entry.queue)) continue;
    const auto queue = static_cast<size_t>(entry.queue);
    cursors_[queue].running.push_back(RankOf(entry, end.slot, state_.queues()[queue].config.policy, now_us));
    used_[queue] -= entry.demand.Total();
  }
  for (Cursor& cursor : cursors_) std::sort(cursor.running.begin(), cursor.running.end());
}

void TurnOrder::SetPromised() {
  const auto slot = state_.promised();
  if (!slot) return;
  const ClusterState::Entry& entry = state_.entry(*slot);
  const QueuePolicy& policy = state_.queues()[static_cast<size_t>(entry.queue)].config.policy;
  // A strict queue by duration lets a shorter job go first, whatever its first one was promised.
  const bool keeps = policy.fill == QueueFill::kReserve ||
                     (policy.fill == QueueFill::kStrict && policy.order == QueueOrder::kAge);
  if (!keeps || policy.preemptive) return;
  Cursor& cursor = cursors_[static_cast<size_t>(entry.queue)];
  cursor.promised = RankOf(entry, *slot, policy, 0);
  promised_slot_ = *slot;
  SkipPromised(cursor);
}

void TurnOrder::SkipPromised(Cursor& cursor) const {
  if (cursor.waiting != cursor.end && cursor.waiting->slot == promised_slot_) ++cursor.waiting;
}

std::optional<RankKey> TurnOrder::Peek(int queue) const {
  const Cursor& cursor = cursors_[static_cast<size_t>(queue)];
  std::optional<RankKey> least;
  if (cursor.next_running < cursor.running.size()) least = cursor.running[cursor.next_running];
  if (cursor.waiting != cursor.end && (!least || *cursor.waiting < *least)) least = *cursor.waiting;
  if (cursor.promised && (!least || cursor.promised->less_priority <= least->less_priority))
    least = cursor.promised;
  return least;
}

void TurnOrder::Advance(int queue) {
  Cursor& cursor = cursors_[static_cast<size_t>(queue)];
  const RankKey key = Peek(queue).value();
  if (cursor.promised && *cursor.promised == key) {
    cursor.promised.reset();
  } else if (cursor.waiting != cursor.end && *cursor.waiting == key) {
    ++cursor.waiting;
    SkipPromised(cursor);
  } else {
    ++cursor.next_running;
  }
}

std::optional<TurnOrder::Head> TurnOrder::HeadOf(int queue) const {
  const auto next = Peek(queue);
  if (!next) return std::nullopt;
  const Cursor& cursor = cursors_[static_cast<size_t>(queue)];
  const QueueConfig& config = state_.queues()[static_cast<size_t>(queue)].config;
  const double share = Share(queue);
  const ClusterState::Entry& entry = state_.entry(next->slot);
  const double then = DominantShare(Used(queue) + entry.demand.Total(), state_.capacity());
  const bool under = config.guaranteed > 0 && then <= config.guaranteed + kRounding;
  const bool promised = cursor.promised && *cursor.promised == *next;
  return Head{.less_priority = next->less_priority,
              .beyond_guarantee = under ? 0 : 1,
              .not_promised = promised ? 0 : 1,
              .ratio = share / (under ? config.guaranteed : config.weight),
              .sequence = next->sequence,
              .queue = queue};
}

void TurnOrder::PushHead(int queue) {
  if (const auto head = HeadOf(queue)) heads_.push(*head);
}

// A queue may have been charged out of its turn, or closed.
void TurnOrder::DropStale() {
  while (!heads_.empty()) {
    const Head top = heads_.top();
    const auto now = HeadOf(top.queue);
    if (now == top) return;
    heads_.pop();
    if (now) heads_.push(*now);
  }
}

std::optional<int> TurnOrder::Next() {
  // Only now, since the queue may have been charged after its last turn.
  if (last_) PushHead(*last_);
  last_.reset();
  DropStale();
  if (heads_.empty()) return std::nullopt;
  last_ = heads_.top().queue;
  heads_.pop();
  const int slot = Peek(*last_).value().slot;
  Advance(*last_);
  return slot;
}

void TurnOrder::CloseWaiting(int queue) {
  Cursor& cursor = cursors_[static_cast<size_t>(queue)];
  cursor.waiting = cursor.end;
  cursor.promised.reset();
}

}  // namespace orrery::jobs::internal
