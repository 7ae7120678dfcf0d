// What holds of every decision, whatever the cluster: random clusters, queues and jobs in virtual time, 10,000 seeds for
// each property. A failure prints its seed.
#include <map>
#include <memory>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "jobs/scheduler.h"

namespace orrery::jobs {
namespace {

// A build that is not optimised, for a debugger or a sanitizer, takes a tenth.
#ifdef __OPTIMIZE__
constexpr uint32_t kSeeds = 10'000;
#else
constexpr uint32_t kSeeds = 1'000;
#endif
// Shares are averages, over a long run for each seed.
constexpr uint32_t kLongSeeds = kSeeds / 50;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kGrace = 5 * kSecond;
constexpr double kRounding = 1e-9;

/// A cluster in virtual time: it follows the scheduler's decisions, keeps its own account of who holds what, and
/// checks at every turn what must hold at all times.
class World {
 public:
  World(std::vector<SchedulerNode> nodes, Queues queues)
      : nodes_(std::move(nodes)), queues_(std::move(queues)) {
    state_.SetNodes(nodes_);
    state_.SetQueues(queues_);
    for (const SchedulerNode& node : nodes_) capacity_ += node.total.Sum();
  }

  /// A job that runs for exactly `seconds`, as estimated.
  void Submit(WaitingJob job, int64_t seconds) {
    job.submitted_us = now_us_;
    job.estimate_us = seconds * kSecond;
    state_.Put(job);
    jobs_[job.id] = std::move(job);
  }

  /// Ends what is due now, decides, checks and follows.
  const Decisions& Turn() {
    EndDue();
    decisions_ = Decide(state_, now_us_);
    for (const std::string& id : decisions_.preemptions) Preempt(id);
    for (const Placement& placement : decisions_.placements) Start(placement);
    Check();
    state_.Promise(decisions_.reservation ? std::optional(decisions_.reservation->job_id) : std::nullopt,
                   decisions_.awaiting);
    if (decisions_.reservation)
      first_promises_.emplace(decisions_.reservation->job_id, decisions_.reservation->at_us);
    return decisions_;
  }

  void Advance(int64_t to_us) { now_us_ = std::max(now_us_, to_us); }
  int64_t NextEnd() const {
    int64_t next = std::numeric_limits<int64_t>::max();
    for (const auto& [id, run] : running_) next = std::min(next, run.ends_us);
    return next;
  }
  Resources Holds(const std::string& queue) const {
    Resources holds;
    for (const auto& [id, run] : running_) {
      const WaitingJob& job = jobs_.at(id);
      if (job.queue == queue) holds += job.need * job.nodes;
    }
    return holds;
  }
  double Share(const std::string& queue) const { return ShareOf(Holds(queue)); }
  double ShareOf(const Resources& amount) const {
    const auto part = [](int64_t a, int64_t b) {
      return b > 0 ? static_cast<double>(a) / static_cast<double>(b) : 0.0;
    };
    return std::max({part(amount.millicpus, capacity_.millicpus),
                     part(amount.memory_bytes, capacity_.memory_bytes), part(amount.gpus, capacity_.gpus)});
  }
  bool Waits(const std::string& id) const {
    const auto slot = state_.Find(id);
    return slot && !state_.entry(*slot).running;
  }
  bool Runs(const std::string& id) const { return running_.contains(id); }
  const ClusterState& state() const { return state_; }
  const std::map<std::string, int64_t>& first_promises() const { return first_promises_; }
  const std::map<std::string, int64_t>& starts() const { return starts_; }
  int64_t now_us() const { return now_us_; }
  size_t running() const { return running_.size(); }

 private:
  struct Held {
    Placement placement;
    int64_t ends_us = 0;
    bool preempting = false;
  };

  void EndDue() {
    for (auto run = running_.begin(); run != running_.end();) {
      if (run->second.ends_us > now_us_) {
        ++run;
        continue;
      }
      state_.Remove(run->first);
      if (run->second.preempting) state_.Put(jobs_.at(run->first));
      run = running_.erase(run);
    }
  }

  void Preempt(const std::string& id) {
    ASSERT_TRUE(running_.contains(id)) << id;
    Held& held = running_.at(id);
    EXPECT_FALSE(held.preempting) << id << " was asked twice";
    held.preempting = true;
    held.ends_us = std::min(held.ends_us, now_us_ + kGrace);
    state_.Preempt(id, held.ends_us);
  }

  void Start(const Placement& placement) {
    const WaitingJob& job = jobs_.at(placement.job_id);
    const std::set<std::string> distinct(placement.nodes.begin(), placement.nodes.end());
    EXPECT_EQ(static_cast<int>(distinct.size()), job.nodes) << "a gang is half placed: " << job.id;
    if (!job.gpu_type.empty()) {
      EXPECT_EQ(placement.gpu_type, job.gpu_type);
    }
    EXPECT_FALSE(running_.contains(job.id));
    running_[job.id] = {placement, now_us_ + job.estimate_us, false};
    starts_.emplace(job.id, now_us_);
    state_.Start(placement, now_us_);
  }

  void Check() const {
    std::map<std::string, NodeResources> free;
    for (const SchedulerNode& node : nodes_) free[node.name] = node.total;
    for (const auto& [id, held] : running_) {
      const Resources& need = jobs_.at(id).need;
      for (const std::string& name : held.placement.nodes) {
        NodeResources& node = free.at(name);
        node.millicpus -= need.millicpus;
        node.memory_bytes -= need.memory_bytes;
        if (need.gpus > 0) node.gpus[held.placement.gpu_type] -= need.gpus;
        EXPECT_GE(node.millicpus, 0) << name;
        EXPECT_GE(node.memory_bytes, 0) << name;
        for (const auto& [type, count] : node.gpus) EXPECT_GE(count, 0) << name << " " << type;
      }
    }
    EXPECT_EQ(FreeOf(state_), free);
    for (const auto& [name, config] : queues_)
      EXPECT_LE(Share(name), config.limit + kRounding) << "queue " << name << " is over its limit";
  }

  std::vector<SchedulerNode> nodes_;
  Queues queues_;
  Resources capacity_;
  ClusterState state_;
  Decisions decisions_;
  std::map<std::string, WaitingJob> jobs_;
  std::map<std::string, Held> running_;
  std::map<std::string, int64_t> first_promises_;
  std::map<std::string, int64_t> starts_;
  int64_t now_us_ = 1'000'000 * kSecond;
};

/// Draws clusters, queues and jobs.
class Dice {
 public:
  explicit Dice(uint32_t seed) : random_(seed) {}
  int Draw(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  bool Chance(int percent) { return Draw(1, 100) <= percent; }

  std::vector<SchedulerNode> Nodes() {
    std::vector<SchedulerNode> nodes;
    for (int i = Draw(1, 4); i > 0; --i) {
      NodeResources total{.millicpus = Draw(2, 8) * 1000, .memory_bytes = Draw(2, 8) << 20, .gpus = {}};
      if (Chance(60)) total.gpus["A"] = Draw(1, 4);
      if (Chance(30)) total.gpus["B"] = Draw(1, 4);
      nodes.push_back({"n" + std::to_string(i), total});
    }
    return nodes;
  }

  WaitingJob Job(int number) {
    WaitingJob job{.id = "j" + std::to_string(number),
                   .name = "job",
                   .queue = std::string(1, static_cast<char>('p' + Draw(0, 2))),
                   .sequence = number,
                   .nodes = Chance(20) ? 2 : 1,
                   .need = {.millicpus = Draw(1, 12) * 250, .memory_bytes = Draw(1, 12) << 18}};
    if (Chance(35)) {
      job.need.gpus = Draw(1, 2);
      if (Chance(50)) job.gpu_type = Chance(50) ? "A" : "B";
    }
    return job;
  }

 private:
  std::mt19937 random_;
};

QueuePolicy Named(const char* name) {
  return PolicyNamed(name).value();
}

/// Plays arrivals, about two seconds apart, and whatever ends between them.
template <class Arrival>
void Play(World& world, Dice& dice, int arrivals, const Arrival& arrive) {
  for (int number = 0; number < arrivals && !testing::Test::HasFailure(); ++number) {
    const int64_t next_us = world.now_us() + dice.Draw(0, 4) * kSecond;
    while (world.NextEnd() < next_us) {
      world.Advance(world.NextEnd());
      world.Turn();
    }
    world.Advance(next_us);
    arrive(number);
    world.Turn();
  }
}

/// Lets everything end.
void Drain(World& world) {
  for (int turn = 0; turn < 1000 && world.running() > 0 && !testing::Test::HasFailure(); ++turn) {
    world.Advance(world.NextEnd());
    world.Turn();
  }
}

// Never over-committed (machines, GPUs of each type, limits of queues), no gang half placed, nobody asked to end twice:
// World checks it at each turn. What is left at the end could never run.
TEST(SchedulerPropertiesTest, NothingIsEverOverCommitted) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    Queues queues;
    const char* const policies[] = {"fifo", "easy", "sjf", "las"};
    for (const char* name : {"p", "q", "r"}) {
      queues[name] = {.guaranteed = dice.Draw(0, 3) * 0.1,
                      .limit = dice.Chance(30) ? 0.6 : 1.0,
                      .weight = static_cast<double>(dice.Draw(1, 3)),
                      .policy = Named(policies[dice.Draw(0, 3)])};
    }
    World world(dice.Nodes(), queues);
    Play(world, dice, 16, [&](int number) {
      WaitingJob job = dice.Job(number);
      job.priority = dice.Draw(-1, 1);
      job.service_us = dice.Chance(30) ? 20'000 * kSecond : 0;
      world.Submit(job, dice.Draw(1, 30));
    });
    Drain(world);
    for (const std::string& id : WaitingOrder(world.state(), world.now_us())) {
      const ClusterState::Entry& entry = world.state().entry(*world.state().Find(id));
      const bool fits = world.state().total().Find(entry.demand).has_value();
      const bool within = world.ShareOf(entry.demand.Total()) <= queues.at(entry.job.queue).limit + 1e-6;
      EXPECT_FALSE(fits && within) << id << " waits for ever";
    }
    if (HasFailure()) return;
  }
}

// Durations are as estimated, and nothing of higher priority or with a guarantee arrives.
TEST(SchedulerPropertiesTest, AHeadNeverStartsLaterThanItsFirstPromise) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    Queues queues;
    const char* const policies[] = {"fifo", "easy", "sjf"};
    for (const char* name : {"p", "q", "r"}) {
      queues[name] = {.limit = dice.Chance(20) ? 0.7 : 1.0,
                      .weight = static_cast<double>(dice.Draw(1, 3)),
                      .policy = Named(policies[dice.Draw(0, 2)])};
    }
    World world(dice.Nodes(), queues);
    Play(world, dice, 24, [&](int number) { world.Submit(dice.Job(number), dice.Draw(1, 30)); });
    Drain(world);
    for (const auto& [id, promised_us] : world.first_promises()) {
      ASSERT_TRUE(world.starts().contains(id)) << id << " never started";
      EXPECT_LE(world.starts().at(id), promised_us) << id << " started late";
    }
    if (HasFailure()) return;
  }
}

// Jobs of the highest priority start though smaller and shorter ones of the same and lower priority never stop coming,
// and keep the cluster full.
TEST(SchedulerPropertiesTest, NoJobOfTheHighestPriorityWaitsForEver) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    Queues queues;
    const char* const policies[] = {"fifo", "easy", "sjf"};
    for (const char* name : {"p", "q", "r"})
      queues[name] = {.weight = static_cast<double>(dice.Draw(1, 3)),
                      .policy = Named(policies[dice.Draw(0, 2)])};
    World world({{"n1", {.millicpus = 4000}}, {"n2", {.millicpus = 4000}}}, queues);
    for (int i = 0; i < 8; ++i)
      world.Submit(
          {.id = "first" + std::to_string(i), .queue = "q", .sequence = i, .need = {.millicpus = 1000}},
          dice.Draw(5, 20));
    world.Turn();
    WaitingJob gang{.id = "gang", .queue = "p", .sequence = 10, .nodes = 2, .need = {.millicpus = 4000}};
    world.Submit(gang, 10);
    int number = 100;
    for (; number < 160 && world.Waits("gang"); ++number) {
      world.Advance(std::min(world.NextEnd(), world.now_us() + 2 * kSecond));
      world.Submit({.id = "s" + std::to_string(number),
                    .queue = dice.Chance(50) ? "q" : "r",
                    .sequence = number,
                    .priority = dice.Chance(50) ? 0 : -1,
                    .need = {.millicpus = 500 * dice.Draw(1, 2)}},
                   dice.Draw(1, 20));
      world.Turn();
    }
    EXPECT_FALSE(world.Waits("gang"));
    if (HasFailure()) return;
  }
}

/// Holds every queue of `world` at `backlog` waiting jobs, made by `job`, and returns each queue's dominant share,
/// averaged over the time after a warm-up.
template <class Make>
std::map<std::string, double> LongRunShares(World& world, Dice& dice, const std::vector<std::string>& queues,
                                            const Make& job) {
  std::map<std::string, double> total;
  int number = 0;
  const auto refill = [&] {
    for (const std::string& queue : queues) {
      size_t waiting = 0;
      for (const auto& known : world.state().queues())
        waiting += known.name == queue ? known.waiting.size() : 0;
      for (; waiting < 60; ++waiting, ++number) {
        WaitingJob next = job(queue);
        next.id = std::to_string(number);
        next.queue = queue;
        next.sequence = number;
        world.Submit(next, dice.Draw(8, 12));
      }
    }
  };
  for (int turn = 0; turn < 6; ++turn) {  // more than the backlog fits at first
    refill();
    world.Turn();
  }
  int64_t counted_us = 0;
  for (int turn = 0; turn < 30; ++turn) {
    const int64_t from_us = world.now_us();
    world.Advance(world.NextEnd());
    if (turn >= 5) {
      counted_us += world.now_us() - from_us;
      for (const std::string& queue : queues)
        total[queue] += world.Share(queue) * static_cast<double>(world.now_us() - from_us);
    }
    refill();
    world.Turn();
  }
  for (auto& [queue, share] : total) share /= static_cast<double>(counted_us);
  return total;
}

TEST(SchedulerPropertiesTest, LongRunSharesAreAsTheWeights) {
  for (uint32_t seed = 0; seed < kLongSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const int heavy = dice.Draw(1, 4);
    World world({{"n", {.millicpus = 200'000}}},
                {{"p", {.weight = static_cast<double>(heavy)}}, {"q", {.weight = 1}}});
    const auto shares = LongRunShares(
        world, dice, {"p", "q"}, [](const std::string&) { return WaitingJob{.need = {.millicpus = 1000}}; });
    EXPECT_NEAR(shares.at("p"), heavy / (heavy + 1.0), 0.01);
    EXPECT_NEAR(shares.at("q"), 1 / (heavy + 1.0), 0.01);
    if (HasFailure()) return;
  }
}

TEST(SchedulerPropertiesTest, AGuaranteeHoldsAgainstAnyWeight) {
  for (uint32_t seed = 0; seed < kLongSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const double guaranteed = dice.Draw(2, 7) * 0.1;
    World world({{"n", {.millicpus = 200'000}}},
                {{"p", {.guaranteed = guaranteed, .weight = 0.001}}, {"q", {}}});
    const auto shares = LongRunShares(
        world, dice, {"p", "q"}, [](const std::string&) { return WaitingJob{.need = {.millicpus = 1000}}; });
    EXPECT_NEAR(shares.at("p"), guaranteed, 0.01);
    if (HasFailure()) return;
  }
}

// One queue's jobs take mostly CPUs, the other's mostly memory: their dominant shares end equal, each above a half.
TEST(SchedulerPropertiesTest, OppositeDominantResourcesEndInEqualDominantShares) {
  for (uint32_t seed = 0; seed < kLongSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const int lesser = dice.Draw(1, 3);
    World world({{"n", {.millicpus = 600'000, .memory_bytes = 600'000}}}, {{"p", {}}, {"q", {}}});
    const auto shares = LongRunShares(world, dice, {"p", "q"}, [&](const std::string& queue) {
      const int64_t large = 4'000;
      const int64_t small = 1'000 * lesser;
      return WaitingJob{
          .need = {.millicpus = queue == "p" ? large : small, .memory_bytes = queue == "p" ? small : large}};
    });
    EXPECT_NEAR(shares.at("p"), shares.at("q"), 0.01);
    EXPECT_GT(shares.at("p"), 0.5);
    if (HasFailure()) return;
  }
}

// A queue that asks for what it is guaranteed has it after one decision and the grace, from whoever borrowed it.
TEST(SchedulerPropertiesTest, BorrowedSharesAreReturnedInOneDecision) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const int guaranteed = dice.Draw(1, 9);
    World world({{"n", {.millicpus = 20'000}}}, {{"owner", {.guaranteed = guaranteed * 0.1}},
                                                 {"guest", {.guaranteed = dice.Chance(50) ? 0.1 : 0}}});
    for (int i = 0; i < 20; ++i) {
      world.Submit(
          {.id = "g" + std::to_string(i), .queue = "guest", .sequence = i, .need = {.millicpus = 1000}},
          dice.Draw(50, 100));
    }
    world.Turn();
    ASSERT_EQ(world.running(), 20u);
    world.Advance(world.now_us() + dice.Draw(0, 20) * kSecond);
    for (int i = 0; i < guaranteed * 2; ++i) {
      world.Submit(
          {.id = "o" + std::to_string(i), .queue = "owner", .sequence = 100 + i, .need = {.millicpus = 1000}},
          100);
    }
    EXPECT_EQ(static_cast<int>(world.Turn().preemptions.size()), guaranteed * 2);
    world.Advance(world.now_us() + kGrace);
    world.Turn();
    EXPECT_NEAR(world.Share("owner"), guaranteed * 0.1, kRounding);
    world.Advance(world.now_us() + kSecond);
    EXPECT_TRUE(world.Turn().preemptions.empty()) << "they take from each other by turns";
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace orrery::jobs
