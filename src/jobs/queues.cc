#include "jobs/queues.h"

#include <utility>

namespace orrery::jobs {
namespace {

const std::pair<std::string_view, QueuePolicy> kPolicies[] = {
    {"fifo", {.order = QueueOrder::kAge, .fill = QueueFill::kStrict}},
    {"easy", {.order = QueueOrder::kAge, .fill = QueueFill::kReserve}},
    {"sjf", {.order = QueueOrder::kShortest, .fill = QueueFill::kReserve, .age_weight = 0.02}},
    {"las",
     {.order = QueueOrder::kService, .fill = QueueFill::kReserve, .preemptive = true, .age_weight = 1}},
};

}  // namespace

Resources LimitOf(const QueueConfig& queue, const Resources& capacity) {
  // Fractions of whole amounts: 0.07 of 100 is 7.
  constexpr double kRounding = 1e-9;
  const auto of = [&](int64_t amount) {
    return static_cast<int64_t>(queue.limit * static_cast<double>(amount) + kRounding);
  };
  return {of(capacity.millicpus), of(capacity.memory_bytes), of(capacity.gpus)};
}

std::optional<QueuePolicy> PolicyNamed(std::string_view name) {
  for (const auto& [known, policy] : kPolicies) {
    if (known == name) return policy;
  }
  return std::nullopt;
}

std::optional<std::string_view> NameOf(const QueuePolicy& policy) {
  for (const auto& [name, known] : kPolicies) {
    if (known == policy) return name;
  }
  return std::nullopt;
}

const std::vector<std::string_view>& PolicyNames() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const auto& [name, policy] : kPolicies) all.push_back(name);
    return all;
  }();
  return names;
}

}  // namespace orrery::jobs
