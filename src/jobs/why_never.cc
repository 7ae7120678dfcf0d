#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "jobs/amounts.h"
#include "jobs/validate.h"

namespace orrery::jobs {
namespace {

/// How many GPUs of one type `node` has: of `type`, or of the type that it has most of.
int64_t GpusOfOneType(const ExecutorNode& node, const std::optional<std::string>& type) {
  std::map<std::string, int64_t> counts;
  for (const GpuDevice& gpu : node.gpus) ++counts[gpu.type];
  if (type) return counts[*type];
  int64_t most = 0;
  for (const auto& [name, count] : counts) most = std::max(most, count);
  return most;
}

/// Adds to `text`, with the word that joins two reasons.
void AddReason(std::string& text, const std::string& reason) {
  if (!text.empty()) text += "; ";
  text += reason;
}

}  // namespace

Resources ResourcesOf(const ExecutorNode& node) {
  // Rounded down: a machine never has more than it says.
  return {.millicpus = static_cast<int64_t>(std::floor(node.cpus * 1000 + 1e-6)),
          .memory_bytes = node.memory_bytes,
          .gpus = static_cast<int64_t>(node.gpus.size())};
}

NodeResources CapacityOf(const ExecutorNode& node) {
  const Resources sum = ResourcesOf(node);
  NodeResources capacity{.millicpus = sum.millicpus, .memory_bytes = sum.memory_bytes, .gpus = {}};
  for (const GpuDevice& gpu : node.gpus) ++capacity.gpus[gpu.type];
  return capacity;
}

Resources NeedOf(const JobSpec& spec) {
  return {.millicpus = Resources::MilliCpus(spec.cpus), .memory_bytes = spec.memory_bytes, .gpus = spec.gpus};
}

std::optional<std::string> WhyNever(const JobSpec& spec, const std::vector<ExecutorNode>& nodes) {
  const Resources need = NeedOf(spec);
  Resources most;
  int enough = 0;
  for (const ExecutorNode& node : nodes) {
    Resources total = ResourcesOf(node);
    total.gpus = GpusOfOneType(node, spec.gpu_type);
    most.millicpus = std::max(most.millicpus, total.millicpus);
    most.memory_bytes = std::max(most.memory_bytes, total.memory_bytes);
    most.gpus = std::max(most.gpus, total.gpus);
    if (total.Covers(need)) ++enough;
  }
  const std::string where = nodes.size() == 1 ? "this machine has " : "the largest machine has ";
  std::string why;
  if (need.gpus > most.gpus) {
    const std::string type = spec.gpu_type ? " of type " + *spec.gpu_type : "";
    AddReason(why, "needs " + GpuText(need.gpus) + type + "; " + where + std::to_string(most.gpus));
  }
  if (need.millicpus > most.millicpus) {
    AddReason(why, "needs " + CpuText(need.millicpus) + "; " + where + CpuNumber(most.millicpus));
  }
  if (need.memory_bytes > most.memory_bytes) {
    AddReason(why, "needs " + MemoryText(need.memory_bytes) + " of memory; " + where +
                       MemoryText(most.memory_bytes));
  }
  if (spec.nodes > static_cast<int>(nodes.size())) {
    AddReason(why, "needs " + std::to_string(spec.nodes) + " machines at once; there " +
                       (nodes.size() == 1 ? "is 1" : "are " + std::to_string(nodes.size())));
  }
  if (why.empty() && spec.nodes > enough) {
    why = "needs " + std::to_string(spec.nodes) + " machines with all of this at once; " +
          std::to_string(enough) + (enough == 1 ? " has" : " have") + " it";
  }
  if (why.empty()) return std::nullopt;
  return why;
}

std::optional<std::string> WhyNeverIn(const std::string& name, const QueueConfig& queue, const JobSpec& spec,
                                      const std::vector<ExecutorNode>& nodes) {
  Resources all;
  for (const ExecutorNode& node : nodes) all += ResourcesOf(node);
  const Resources most = LimitOf(queue, all);
  const Resources need = NeedOf(spec) * spec.nodes;
  const std::string holds = "; queue " + name + " may hold ";
  std::string why;
  if (need.gpus > most.gpus) {
    AddReason(why, "needs " + GpuText(need.gpus) + holds + std::to_string(most.gpus) + " of " +
                       std::to_string(all.gpus));
  }
  if (need.millicpus > most.millicpus) {
    AddReason(why, "needs " + CpuText(need.millicpus) + holds + CpuNumber(most.millicpus) + " of " +
                       CpuNumber(all.millicpus));
  }
  if (need.memory_bytes > most.memory_bytes) {
    AddReason(why, "needs " + MemoryText(need.memory_bytes) + " of memory" + holds +
                       MemoryText(most.memory_bytes) + " of " + MemoryText(all.memory_bytes));
  }
  if (why.empty()) return std::nullopt;
  return why;
}

}  // namespace orrery::jobs
