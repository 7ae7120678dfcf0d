#include "server/server.h"

#include <unistd.h>

#include "api/cluster.h"
#include "api/content.h"
#include "api/events.h"
#include "api/jobs.h"
#include "api/reproduce.h"
#include "api/runs.h"
#include "api/trash.h"
#include "api/webhooks.h"
#include "base/build_info.h"
#include "base/error.h"
#include "base/log.h"
#include "base/unknown_state.h"
#include "compat/mlflow/mlflow.h"
#include "server/domains.h"
#include "server/pages.h"
#include "server/test_reset.h"
#include "server/tokens.h"

namespace orrery::server {
namespace {

constexpr std::chrono::hours kBetweenCollections{1};

/// The user by whose token jobs reach the server.
constexpr std::string_view kJobsUser = "jobs";

/// What commands are told: where the server is, and, where it wants tokens, theirs.
jobs::ScriptSettings SettingsOf(const std::string& url, const std::optional<std::string>& token) {
  jobs::ScriptSettings settings{.tracking_uri = url};
  if (token) settings.env = {{"MLFLOW_TRACKING_TOKEN", *token}, {"ORRERY_TOKEN", *token}};
  return settings;
}

std::string HostAndPort(const std::string& address, uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

/// Where this machine's own jobs reach a server that listens on `address`.
std::string LocalAddress(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  return address == "::" ? "::1" : address;
}

}  // namespace

Server::Server(const Config& config, const Seams& outer) : files_(outer.files, StopInUnknownState) {
  const Seams seams{.files = files_,
                    .processes = outer.processes,
                    .network = outer.network,
                    .clock = outer.clock,
                    .random = outer.random,
                    .sqlite_vfs = outer.sqlite_vfs};
  Validate(config);
  const Endpoint endpoint = ParseEndpoint(config.listen, "listen");
  folder_ = std::make_unique<DataFolder>(seams.files, AbsolutePath(config.data));
  domains_ = std::make_unique<Domains>(config, seams, *folder_);
  std::optional<std::string> jobs_token;
  if (!config.tokens.empty()) {
    jobs_token = folder_->JobsToken(seams.random);
    auto tokens = config.tokens;
    tokens[std::string(kJobsUser)] = *jobs_token;
    authenticator_ = std::make_unique<TokenAuthenticator>(std::move(tokens));
  }

  // The table of contents of everything that is served.
  api::AddContentRoutes(router_, domains_->content);
  api::AddRunRoutes(router_, domains_->tracking, domains_->artifacts);
  api::AddTrashRoutes(router_, domains_->trash);
  api::AddJobRoutes(router_, domains_->jobs, domains_->events);
  api::AddReproduceRoute(router_, domains_->tracking, domains_->jobs);
  api::AddClusterRoutes(router_, domains_->jobs);
  api::AddEventRoutes(router_, domains_->events);
  api::AddWebhookRoutes(router_, domains_->webhooks);
  compat::mlflow::AddMlflowRoutes(router_, {.database = *domains_->database,
                                            .tracking = domains_->tracking,
                                            .artifacts = domains_->artifacts,
                                            .models = domains_->models,
                                            .uploads = domains_->uploads,
                                            .public_url = config.public_url.value_or("")});
  if (config.allow_test_reset) {
    AddTestReset(router_, {.database = *domains_->database,
                           .tracking = domains_->tracking,
                           .artifacts = domains_->artifacts,
                           .models = domains_->models,
                           .uploads = domains_->uploads,
                           .jobs = domains_->jobs});
  }
  api::AddSystemRoutes(router_, readiness_, metrics_);
  AddPages(router_);
  metrics_.Add("orrery_jobs_running", "Jobs that hold resources.", "",
               [this] { return static_cast<double>(domains_->jobs.Capacity().jobs_running); });
  metrics_.Add("orrery_jobs_waiting", "Jobs that wait for resources.", "",
               [this] { return static_cast<double>(domains_->jobs.Capacity().jobs_waiting); });

  metrics_.Add(
      "orrery_scheduler_decisions_total", "How often it was decided who starts.", "",
      [this] { return static_cast<double>(domains_->jobs.Decisions()); }, true);

  http_ = std::make_unique<http::Server>(
      router_,
      http::ServerOptions{
          .address = endpoint.address, .port = endpoint.port, .host_names = config.host_names},
      seams.clock, metrics_, authenticator_.get());
  http_->Start();
  const std::string local = HostAndPort(LocalAddress(endpoint.address), http_->port());
  url_ = "http://" + local;
  domains_->jobs.Start(SettingsOf(config.public_url.value_or(url_), jobs_token));
  folder_->Announce({.http = local, .pid = getpid(), .version = ThisBuild().version});
  domains_->webhooks.Start();
  collector_ =
      std::thread([this, hours = std::chrono::hours(config.collect_after_hours),
                   days = std::chrono::days(config.keep_environments_days)] { CollectLoop(hours, days); });
  readiness_.ready = true;
  Log(LogLevel::kInfo, "ready", {{"url", url_}, {"data", folder_->path()}, {"version", ThisBuild().version}});
}

Server::~Server() {
  Stop();
}

const std::string& Server::data() const {
  return folder_->path();
}

void Server::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  stop_.notify_all();
  readiness_.ready = false;
  if (collector_.joinable()) collector_.join();
  http_->Stop();
  domains_->webhooks.Stop();
  domains_->jobs.Stop();
  Log(LogLevel::kInfo, "stopped", {{"url", url_}});
}

void Server::EmptyTrash() {
  tracking::Emptied emptied{.more = true};
  while (emptied.more) {
    emptied = domains_->trash.Empty({}, {"orrery"});
    if (emptied.runs + emptied.experiments + emptied.logged_models == 0) continue;
    Log(LogLevel::kInfo, "took away what was deleted long ago",
        {{"runs", emptied.runs},
         {"experiments", emptied.experiments},
         {"logged_models", emptied.logged_models},
         {"bytes", static_cast<int64_t>(emptied.bytes)}});
  }
}

void Server::SweepEnvironments(std::chrono::days keep) {
  try {
    const jobs::local::SweptEnvironments swept = domains_->executor.SweepEnvironments(keep);
    if (swept.removed > 0) {
      Log(LogLevel::kInfo, "removed environments that no job used",
          {{"removed", swept.removed},
           {"bytes", swept.removed_bytes},
           {"kept", swept.kept},
           {"kept_bytes", swept.kept_bytes}});
    }
  } catch (const Error& error) {
    Log(LogLevel::kError, "environments were not swept; it is tried again in an hour",
        {{"reason", error.what()}});
  }
}

void Server::CollectLoop(std::chrono::hours grace, std::chrono::days keep_environments) {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kBetweenCollections, [this] { return stopping_; })) {
    lock.unlock();
    SweepEnvironments(keep_environments);
    try {
      EmptyTrash();
      const content::Store::Collected collected = domains_->content.Collect(grace);
      if (collected.deleted > 0) {
        Log(LogLevel::kInfo, "collected objects that nothing refers to",
            {{"deleted", collected.deleted}, {"bytes", static_cast<int64_t>(collected.bytes_freed)}});
      }
    } catch (const Error& error) {
      Log(LogLevel::kError, "collection failed; it is tried again in an hour", {{"reason", error.what()}});
    }
    lock.lock();
  }
}

}  // namespace orrery::server
