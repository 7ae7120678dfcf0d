#include "server/config.h"

#include <charconv>
#include <cstdlib>

#include <unistd.h>

#include "base/error.h"
#include "jobs/validate.h"
#include "net/address.h"

namespace orrery::server {

Endpoint ParseEndpoint(const std::string& text, std::string_view field) {
  const size_t colon = text.rfind(':');
  const auto refuse = [&] {
    throw InvalidField(field, "expected ADDRESS:PORT like 127.0.0.1:7070, got " + Quoted(text));
  };
  if (colon == std::string::npos || colon == 0) refuse();
  Endpoint endpoint;
  endpoint.address = text.substr(0, colon);
  if (endpoint.address.starts_with('[') && endpoint.address.ends_with(']')) {
    endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
  }
  const char* end = text.data() + text.size();
  const auto [stopped, fault] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
  if (fault != std::errc() || stopped != end) refuse();
  return endpoint;
}

std::string AbsolutePath(const std::string& path) {
  if (path == "~" || path.starts_with("~/")) {
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home != '/') {
      throw InvalidField("data", "HOME is not set: name the folder in full, got " + Quoted(path));
    }
    return std::string(home) + path.substr(1);
  }
  if (path.empty()) throw InvalidField("data", "expected a folder, got an empty text");
  if (path.front() == '/') return path;
  std::string here(4096, '\0');
  if (getcwd(here.data(), here.size()) == nullptr)
    throw Error(Code::kInternal, "cannot tell the current folder");
  here.resize(here.find('\0'));
  return path == "." ? here : here + "/" + path;
}

bool ServesThisMachineAlone(const Config& config) {
  return net::ReachOf(ParseEndpoint(config.listen, "listen").address) == net::Reach::kLoopback &&
         config.tokens.empty() && config.host_names.empty() && !config.public_url;
}

namespace {

std::string Number(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void CheckFraction(const std::string& field, double value, double least, double most,
                   const std::string& what) {
  if (!(value >= least && value <= most))
    throw InvalidField(field, "expected " + what + ", got " + Number(value));
}

void ValidateQueue(const std::string& name, const QueueSettings& queue) {
  constexpr double kLargestWeight = 1e6;
  const std::string field = "queues." + name;
  if (!jobs::IsQueueName(name))
    throw InvalidField(field, "a queue is named by 1 to 64 letters, digits, '_', '-' or '.'");
  CheckFraction(field + ".limit", queue.limit, 0, 1, "a fraction of the cluster, above 0 to 1");
  if (queue.limit == 0)
    throw InvalidField(field + ".limit", "expected a fraction of the cluster, above 0 to 1, got 0");
  CheckFraction(field + ".guaranteed", queue.guaranteed, 0, queue.limit,
                "a fraction of the cluster, 0 to the queue's limit of " + Number(queue.limit));
  if (!(queue.weight > 0 && queue.weight <= kLargestWeight))
    throw InvalidField(field + ".weight",
                       "expected a number above 0 to 1000000, got " + Number(queue.weight));
  if (!jobs::PolicyNamed(queue.policy)) {
    std::string names;
    for (const std::string_view known : jobs::PolicyNames())
      names += (names.empty() ? "" : ", ") + std::string(known);
    throw InvalidField(field + ".policy", "expected one of " + names + ", got " + Quoted(queue.policy));
  }
}

void ValidateQueues(const std::map<std::string, QueueSettings>& queues) {
  constexpr double kRounding = 1e-9;
  double guaranteed = 0;
  for (const auto& [name, queue] : queues) {
    ValidateQueue(name, queue);
    guaranteed += queue.guaranteed;
  }
  if (guaranteed > 1 + kRounding) {
    throw InvalidField("queues", "guaranteed fractions add up to at most 1, got " + Number(guaranteed));
  }
}

}  // namespace

jobs::Queues QueuesOf(const Config& config) {
  jobs::Queues queues;
  for (const auto& [name, queue] : config.queues) {
    queues[name] = {.guaranteed = queue.guaranteed,
                    .limit = queue.limit,
                    .weight = queue.weight,
                    .policy = jobs::PolicyNamed(queue.policy).value()};
  }
  return queues;
}

void Validate(const Config& config) {
  constexpr size_t kShortestToken = 16;
  ParseEndpoint(config.listen, "listen");
  for (const auto& [name, token] : config.tokens) {
    if (name.empty()) throw InvalidField("tokens", "a user's name is empty");
    if (name == "jobs")
      throw InvalidField("tokens.jobs", "this name is kept for the jobs themselves: choose another");
    if (token.size() < kShortestToken) {
      throw InvalidField("tokens." + name, "too short: at least 16 characters (try: openssl rand -hex 16)");
    }
  }
  if (config.cpus && !(*config.cpus > 0)) throw InvalidField("cpus", "must be above 0");
  if (config.memory_bytes && *config.memory_bytes <= 0) throw InvalidField("memory_bytes", "must be above 0");
  for (const GpuConfig& gpu : config.gpus.value_or(std::vector<GpuConfig>())) {
    if (gpu.type.empty()) throw InvalidField("gpus.type", "must not be empty: a type such as H100");
    if (gpu.count < 1 || gpu.count > 1'024)
      throw InvalidField("gpus.count", "expected 1 to 1024, got " + std::to_string(gpu.count));
  }
  if (config.allow_test_reset && !ServesThisMachineAlone(config)) {
    throw InvalidField(
        "allow_test_reset",
        "it is for a test suite's own server: listen on a loopback address, without tokens, host_names "
        "and public_url, got " +
            Quoted(config.listen));
  }
  ValidateQueues(config.queues);
  if (config.keep_environments_days < 1 || config.keep_environments_days > 36'500) {
    throw InvalidField("keep_environments_days",
                       "expected 1 to 36500, got " + std::to_string(config.keep_environments_days));
  }
  if (config.collect_after_hours < 1) throw InvalidField("collect_after_hours", "must be at least 1");
  if (config.trash_days < 0 || config.trash_days > 36'500)
    throw InvalidField("trash_days", "must be 0 to 36500, is " + std::to_string(config.trash_days));
  if (config.log_keep_bytes < 1 << 20) {
    throw InvalidField("log_keep_bytes",
                       "expected at least 1048576, got " + std::to_string(config.log_keep_bytes));
  }
  if (config.log_level != "debug" && config.log_level != "info" && config.log_level != "warning" &&
      config.log_level != "error") {
    throw InvalidField("log_level",
                       "expected debug, info, warning or error, got " + Quoted(config.log_level));
  }
}

}  // namespace orrery::server
