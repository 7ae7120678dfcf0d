#include "api/jobs.h"

#include <string>

#include "api/events.h"
#include "api/job_logs.h"
#include "base/error.h"
#include "http/event_stream.h"

namespace orrery::api {
namespace {

constexpr uint64_t kMostSpecBytes = 4u << 20;
constexpr uint64_t kMostBatchBytes = 16u << 20;

jobs::JobId IdOf(const http::Request& request) {
  return jobs::JobId::Parse(request.path("id"));
}

jobs::JobQuery ReadQuery(const http::Query& query) {
  query.RefuseOthers({"state", "queue", "name", "group", "limit", "page_token"});
  jobs::JobQuery out{.queue = query.Get("queue"),
                     .name = query.Get("name"),
                     .group = query.Get("group"),
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

/// A route that takes an In and answers 201 with an Out; an Idempotency-Key makes repetitions safe.
template <typename In, typename Out, typename Take>
void AddSubmission(http::Router& router, std::string pattern, http::Doc doc, uint64_t most_bytes, Take take) {
  doc.tag = "jobs";
  doc.success = 201;
  router.Add({.method = http::Method::kPost,
              .pattern = std::move(pattern),
              .doc = std::move(doc),
              .body = http::BodyPolicy::Json(most_bytes),
              .handler =
                  [take](http::Request& request) {
                    const std::string key(request.headers().Get("Idempotency-Key"));
                    return http::Response::Of(take(request.Json<In>(), request.actor(), key), 201);
                  },
              .request_schema = http::SchemaText<In>,
              .response_schema = http::SchemaText<Out>});
}

void AddSubmissions(http::Router& router, jobs::Jobs& jobs) {
  AddSubmission<jobs::JobSpec, jobs::Job>(
      router, "/api/v1/jobs",
      {.id = "submitJob",
       .summary =
           "Submit a job. An Idempotency-Key makes repetitions safe; a job that could never run here is "
           "refused with the reason."},
      kMostSpecBytes, [&jobs](jobs::JobSpec spec, const Actor& by, const std::string& key) {
        return jobs.Submit(std::move(spec), by, key);
      });
  AddSubmission<jobs::ArraySpec, jobs::JobArray>(
      router, "/api/v1/job-arrays",
      {.id = "submitJobArray",
       .summary =
           "Submit one job for each index of an array, all or none. An Idempotency-Key makes repetitions "
           "safe."},
      kMostSpecBytes, [&jobs](const jobs::ArraySpec& array, const Actor& by, const std::string& key) {
        return jobs.SubmitArray(array, by, key);
      });
  AddSubmission<jobs::BatchSpec, jobs::JobList>(
      router, "/api/v1/job-batches",
      {.id = "submitJobBatch",
       .summary =
           "Submit several jobs, all or none; they may run after one another by name. An Idempotency-Key "
           "makes repetitions safe."},
      kMostBatchBytes, [&jobs](const jobs::BatchSpec& batch, const Actor& by, const std::string& key) {
        return jobs::JobList{jobs.SubmitBatch(batch, by, key)};
      });
}

void AddCalls(http::Router& router, jobs::Jobs& jobs) {
  router.Get<jobs::JobPage>(
      "/api/v1/jobs",
      {.id = "listJobs",
       .summary = "List jobs, newest first.",
       .tag = "jobs",
       .query = {{"state", "Only jobs in this state; may be repeated.", true},
                 {"queue", "Only jobs of this queue."},
                 {"name", "Only jobs of this name."},
                 {"group", "Only jobs of this group."},
                 {"limit", "How many at most: 1 to 1000, by default 100."},
                 {"page_token", "The next_page_token of the page before."}}},
      [&jobs](const http::Request& request) { return jobs.List(ReadQuery(request.query())); });
  router.Get<jobs::Job>("/api/v1/jobs/{id}", {.id = "getJob", .summary = "Get one job.", .tag = "jobs"},
                        [&jobs](const http::Request& request) { return jobs.Get(IdOf(request)); });
  router.Post<jobs::JobIds, jobs::JobStatuses>(
      "/api/v1/job-states",
      {.id = "getJobStates",
       .summary = "Where many jobs stand, in the order in which they are named: for who follows an array.",
       .tag = "jobs"},
      [&jobs](const http::Request&, const jobs::JobIds& asked) { return jobs.Statuses(asked.ids); });
  router.Post<http::NoBody, jobs::Job>(
      "/api/v1/jobs/{id}/cancel",
      {.id = "cancelJob",
       .summary = "End a job: at once while it waits, else its command is told to end. Repeating is safe.",
       .tag = "jobs"},
      [&jobs](const http::Request& request) { return jobs.Cancel(IdOf(request), request.actor()); });
  router.Post<http::NoBody, jobs::JobList>(
      "/api/v1/job-groups/{group}/cancel",
      {.id = "cancelJobGroup",
       .summary = "End all jobs of a group that have not ended, and answer with them. Repeating is safe.",
       .tag = "jobs"},
      [&jobs](const http::Request& request) {
        return jobs::JobList{jobs.CancelGroup(std::string(request.path("group")), request.actor())};
      });
}

void AddStreams(http::Router& router, jobs::Jobs& jobs, events::EventLog& events) {
  router.Add(
      {.method = http::Method::kGet,
       .pattern = "/api/v1/jobs/{id}/logs",
       .doc = {.id = "getJobLog",
               .summary = "The output of a job's command, or a range of it.",
               .tag = "jobs",
               .query = {{"follow", "true: stream it as it grows, until the job ends."},
                         {"offset", "Leave out this many bytes at the beginning."},
                         {"tail", "Begin with the last N lines; the header Orrery-Log-Offset says where."},
                         {"attempt", "The attempt's number; by default the latest."},
                         {"grep",
                          "Only lines that match this regular expression (RE2), as lines of JSON: line, "
                          "offset, text. Lines are counted from the log's beginning, wherever it begins."},
                         {"ignore_case", "true: letters match in either case; with grep."},
                         {"limit", "End after this many matches; with grep."}},
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
  AddSubmissions(router, jobs);
  AddCalls(router, jobs);
  AddStreams(router, jobs, events);
}

}  // namespace orrery::api
