#include "api/reproduce.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace orrery::api {
namespace {

constexpr std::string_view kJobTag = "orrery.job_id";

/// The job that made a run. Errors: not_found (no such run), failed_precondition (no job did).
jobs::JobId JobOf(tracking::Tracking& tracking, const tracking::RunId& id) {
  const tracking::Run run = tracking.runs.Get(id);
  const auto tag = std::ranges::find(run.tags, kJobTag, &tracking::Tag::key);
  if (tag == run.tags.end()) {
    throw Error(Code::kFailedPrecondition,
                "no job made this run, so nothing is kept of what ran: submit its script as a job, and that "
                "run can be reproduced: " +
                    Quoted(id.text()),
                "run_id");
  }
  return jobs::JobId::Parse(tag->value);
}

}  // namespace

void AddReproduceRoute(http::Router& router, tracking::Tracking& tracking, jobs::Jobs& jobs) {
  http::Route route{
      .method = http::Method::kPost,
      .pattern = "/api/v1/runs/{id}/reproduce",
      .doc = {.id = "reproduceRun",
              .summary =
                  "Submit a run's job again: the same code, packages, inputs, params and seed. Refused, and "
                  "named, when an input has changed. An Idempotency-Key makes repetitions safe.",
              .tag = "runs",
              .success = 201},
      .handler =
          [&](http::Request& request) {
            const std::string key(request.headers().Get("Idempotency-Key"));
            const auto job = JobOf(tracking, tracking::RunId::Parse(request.path("id")));
            return http::Response::Of(jobs.Reproduce(job, request.actor(), key), 201);
          },
      .response_schema = http::SchemaText<jobs::Job>};
  router.Add(std::move(route));
}

}  // namespace orrery::api
