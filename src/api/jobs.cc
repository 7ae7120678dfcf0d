#include "api/jobs.h"

#include <string>

#include "api/events.h"
#include "api/job_logs.h"
#include "base/error.h"
#include "http/event_stream.h"

namespace orrery::api {
namespace {

constexpr uint64_t kMostSpecBytes = 4u << 20;

jobs::JobId IdOf(const http::Request& request) {
  return jobs::JobId::Parse(request.path("id"));
}

jobs::JobQuery ReadQuery(const http::Query& query) {
  query.RefuseOthers({"state", "queue", "name", "limit", "page_token"});
  jobs::JobQuery out{.queue = query.Get("queue"),
                     .name = query.Get("name"),
                     .limit = static_cast<int>(query.Integer("limit", 100, 1, 1'000)),
                     .page_token = query.Get("page_token")};
  for (const std::string& name : query.All("state")) {
    const auto state = EnumFromName<jobs::JobState>(name);
    if (!state)
      throw InvalidField("state", "expected " + EnumChoices<jobs::JobState>() + ", got " + Quoted(name));
    out.states.push_back(*state);
  }
  return out;
}

void AddCalls(http::Router& router, jobs::Jobs& jobs) {
  http::Route submit{.method = http::Method::kPost,
                     .pattern = "/api/v1/jobs",
                     .doc = {.id = "submitJob",
                             .summary = "Submit a job. An Idempotency-Key makes repetitions safe; a job that "
                                        "could never run here is refused with the reason.",
                             .tag = "jobs",
                             .success = 201},
                     .body = http::BodyPolicy::Json(kMostSpecBytes),
                     .handler =
                         [&jobs](http::Request& request) {
                           const std::string key(request.headers().Get("Idempotency-Key"));
                           return http::Response::Of(
                               jobs.Submit(request.Json<jobs::JobSpec>(), request.actor(), key), 201);
                         },
                     .request_schema = http::SchemaText<jobs::JobSpec>,
                     .response_schema = http::SchemaText<jobs::Job>};
  router.Add(std::move(submit));
  router.Get<jobs::JobPage>(
      "/api/v1/jobs",
      {.id = "listJobs",
       .summary = "List jobs, newest first.",
       .tag = "jobs",
       .query = {{"state", "Only jobs in this state; may be repeated.", true},
                 {"queue", "Only jobs of this queue."},
                 {"name", "Only jobs of this name."},
                 {"limit", "How many at most: 1 to 1000, by default 100."},
                 {"page_token", "The next_page_token of the page before."}}},
      [&jobs](const http::Request& request) { return jobs.List(ReadQuery(request.query())); });
  router.Get<jobs::Job>("/api/v1/jobs/{id}", {.id = "getJob", .summary = "Get one job.", .tag = "jobs"},
                        [&jobs](const http::Request& request) { return jobs.Get(IdOf(request)); });
  router.Post<http::NoBody, jobs::Job>(
      "/api/v1/jobs/{id}/cancel",
      {.id = "cancelJob",
       .summary = "End a job: at once while it waits, else its command is told to end. Repeating is safe.",
       .tag = "jobs"},
      [&jobs](const http::Request& request) { return jobs.Cancel(IdOf(request), request.actor()); });
}

void AddStreams(http::Router& router, jobs::Jobs& jobs, events::EventLog& events) {
  router.Add({.method = http::Method::kGet,
              .pattern = "/api/v1/jobs/{id}/logs",
              .doc = {.id = "getJobLog",
                      .summary = "The output of a job's command, or a range of it.",
                      .tag = "jobs",
                      .query = {{"follow", "true: stream it as it grows, until the job ends."},
                                {"offset", "Leave out this many bytes at the beginning."},
                                {"attempt", "The attempt's number; by default the latest."}},
                      .answers = "text/plain"},
              .handler = [&](http::Request& request) { return JobLogResponse(request, jobs, events); }});
  router.Add(
      {.method = http::Method::kGet,
       .pattern = "/api/v1/jobs/{id}/events",
       .doc = {.id = "streamJobEvents",
               .summary = "Follow a job from its beginning, as server-sent events; Last-Event-ID resumes.",
               .tag = "jobs",
               .query = {{"after", "Only events with a larger id."}},
               .answers = std::string(http::kEventStream)},
       .handler = [&](http::Request& request) {
         request.query().RefuseOthers({"after"});
         const jobs::Job job = jobs.Get(IdOf(request));
         return EventStream(events, {.subject = "job:" + job.id.text()}, ResumeAfter(request, 0));
       }});
}

}  // namespace

void AddJobRoutes(http::Router& router, jobs::Jobs& jobs, events::EventLog& events) {
  AddCalls(router, jobs);
  AddStreams(router, jobs, events);
}

}  // namespace orrery::api
