#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "jobs/resources.h"

namespace orrery::jobs {

constexpr int kAnyGpuType = -1;      ///< GPUs of any one type, or none at all
constexpr int kUnknownGpuType = -2;  ///< a type that no machine has

/// What a job asks for, as far as fitting goes.
struct Demand {
  Resources need;  ///< on each machine
  int nodes = 1;
  int gpu_type = kAnyGpuType;

  Resources Total() const { return need * nodes; }
};

/// Machines, and the type of the GPUs taken on each of them.
struct Spot {
  std::vector<int> nodes;
  int gpu_type = kAnyGpuType;
};

/// What every machine has free, kept sorted so that the tightest machine that covers a need is found without
/// looking at the others. Machines and GPU types are numbers: see ClusterState for their names.
///
/// Copying is a few flat copies: a decision works on its own copy.
class FreeNodes {
 public:
  FreeNodes() = default;
  /// `gpus[node][type]` beside `nodes[node]`, whose own gpus are not read. Every row has `types` entries.
  FreeNodes(const std::vector<Resources>& nodes, const std::vector<std::vector<int64_t>>& gpus, int types);

  /// The machines with the least left over that cover `demand`, all with GPUs of one type; of several types the
  /// one with most free GPUs. Nothing when it does not fit.
  std::optional<Spot> Find(const Demand& demand) const;

  /// Takes `need` on each machine of `spot`; what is free may become negative (a machine that shrank).
  void Take(const Spot& spot, const Resources& need);
  void Give(const Spot& spot, const Resources& need);
  /// Takes of `need` on `node` what there is.
  Resources TakeUpTo(int node, int gpu_type, const Resources& need);

  /// What `node` has free of one type of GPUs (kAnyGpuType: of all types).
  Resources Of(int node, int gpu_type) const;
  bool Covers(int node, int gpu_type, const Resources& need) const { return Of(node, gpu_type).Covers(need); }

  int nodes() const { return static_cast<int>(amounts_.size()); }
  int types() const { return types_; }

 private:
  struct Entry {
    int32_t gpus;
    int32_t node;
    int64_t millicpus;
    bool operator<(const Entry& other) const;
  };
  using Order = std::vector<Entry>;

  std::optional<Spot> FindIn(int type, const Demand& demand) const;
  Entry EntryOf(int node, int type) const;
  void Change(int node, int gpu_type, const Resources& by);
  static void Move(Order& order, const Entry& from, const Entry& to);

  int types_ = 0;
  std::vector<Resources> amounts_;  // GPUs: of all types
  std::vector<int32_t> gpus_;       // of node n and type t at n * types_ + t
  std::vector<char> has_;           // whether node n was made with GPUs of type t, same place
  std::vector<int64_t> free_gpus_;  // in all, by type
  std::vector<Order> orders_;       // by type, and last the one of all machines
};

}  // namespace orrery::jobs
