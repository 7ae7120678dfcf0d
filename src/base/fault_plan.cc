#include "base/fault_plan.h"

#include <cerrno>
#include <charconv>
#include <utility>

#include <unistd.h>

#include "base/error.h"

namespace orrery {
namespace {

using Kind = Fault::Kind;

struct Action {
  std::string_view name;
  Fault fault;
  bool has_amount = false;
};

constexpr Action kActions[] = {
    {"eio", {Kind::kError, EIO, 0}},
    {"enospc", {Kind::kError, ENOSPC, 0}},
    {"emfile", {Kind::kError, EMFILE, 0}},
    {"short", {Kind::kShort, ENOSPC, 0}},
    {"torn", {Kind::kTorn, 0, 0}, true},
    {"delay", {Kind::kDelay, 0, 0}, true},
    {"crash-before", {Kind::kCrashBefore, 0, 0}},
    {"crash-after", {Kind::kCrashAfter, 0, 0}},
    {"lie", {Kind::kLie, 0, 0}},
};

[[noreturn]] void Refuse(std::string_view rule) {
  throw InvalidField("faults", "expected SITE@N=ACTION or SITE@N+=ACTION, got " + Quoted(rule));
}

uint64_t ParseNumber(std::string_view text, std::string_view rule) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) Refuse(rule);
  return number;
}

Fault ParseAction(std::string_view text, std::string_view rule) {
  const size_t colon = text.find(':');
  for (const Action& action : kActions) {
    if (text.substr(0, colon) != action.name || (colon != std::string_view::npos) != action.has_amount)
      continue;
    Fault fault = action.fault;
    if (action.has_amount) fault.amount = ParseNumber(text.substr(colon + 1), rule);
    return fault;
  }
  Refuse(rule);
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

FaultRule ParseRule(std::string_view text) {
  const size_t equals = text.find('=');
  const size_t at = text.find('@');
  if (equals == std::string_view::npos || at == std::string_view::npos || at == 0 || at > equals)
    Refuse(text);
  std::string_view nth = text.substr(at + 1, equals - at - 1);
  const bool sticky = nth.ends_with('+');
  if (sticky) nth.remove_suffix(1);
  FaultRule rule{std::string(text.substr(0, at)), ParseNumber(nth, text), sticky,
                 ParseAction(text.substr(equals + 1), text)};
  if (rule.nth == 0) Refuse(text);
  return rule;
}

bool Matches(std::string_view pattern, std::string_view site) {
  if (!pattern.ends_with('*')) return pattern == site;
  pattern.remove_suffix(1);
  return site.starts_with(pattern);
}

}  // namespace

std::vector<FaultRule> ParseFaultRules(std::string_view text) {
  std::vector<FaultRule> rules;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    const std::string_view rule = Trim(text.substr(0, end));
    if (!rule.empty()) rules.push_back(ParseRule(rule));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return rules;
}

std::string ToText(const FaultRule& rule) {
  std::string text = rule.site + "@" + std::to_string(rule.nth) + (rule.sticky ? "+=" : "=");
  for (const Action& action : kActions) {
    if (action.fault.kind != rule.fault.kind || action.fault.error_number != rule.fault.error_number)
      continue;
    text += action.name;
    if (action.has_amount) text += ":" + std::to_string(rule.fault.amount);
    break;
  }
  return text;
}

void FaultPlan::Set(std::string_view text) {
  std::vector<FaultRule> rules = ParseFaultRules(text);
  const std::scoped_lock lock(mutex_);
  rules_.clear();
  for (FaultRule& rule : rules) rules_.push_back({std::move(rule)});
  for (auto& [site, count] : counts_) count = 0;
  hit_ = false;
}

std::string FaultPlan::Text() const {
  const std::scoped_lock lock(mutex_);
  std::string text;
  for (const Counted& counted : rules_) text += (text.empty() ? "" : "; ") + ToText(counted.rule);
  return text;
}

void FaultPlan::Declare(std::string_view area, std::initializer_list<std::string_view> calls) {
  const std::scoped_lock lock(mutex_);
  for (const std::string_view call : calls)
    counts_.try_emplace(std::string(area) + "." + std::string(call), 0);
}

std::optional<Fault> FaultPlan::Next(const std::string& site) {
  const std::scoped_lock lock(mutex_);
  ++counts_[site];
  std::optional<Fault> fault;
  for (Counted& counted : rules_) {
    if (!Matches(counted.rule.site, site)) continue;
    ++counted.matching;
    const bool hits =
        counted.matching == counted.rule.nth || (counted.rule.sticky && counted.matching > counted.rule.nth);
    if (hits && !fault) fault = counted.rule.fault;
  }
  hit_ = hit_ || fault.has_value();
  return fault;
}

std::map<std::string, uint64_t> FaultPlan::Counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

uint64_t FaultPlan::Calls() const {
  const std::scoped_lock lock(mutex_);
  uint64_t calls = 0;
  for (const auto& [site, count] : counts_) calls += count;
  return calls;
}

bool FaultPlan::Hit() const {
  const std::scoped_lock lock(mutex_);
  return hit_;
}

void CrashByPlan() {
  _exit(kCrashedByPlan);
}

}  // namespace orrery
