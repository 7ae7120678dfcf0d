#include "api/events.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/json.h"
#include "http/event_stream.h"

namespace orrery::api {
namespace {

constexpr int kEventsAPoll = 500;

class EventSource final : public http::LiveSource {
 public:
  EventSource(events::EventLog& log, events::Filter filter, int64_t after)
      : log_(log), filter_(std::move(filter)), cursor_(after) {}

  Progress Poll() override {
    // Read before the query: what is committed in between is found by the next poll.
    const int64_t newest = log_.newest();
    Progress progress;
    if (newest <= cursor_) return progress;
    const std::vector<events::Event> found = log_.After(cursor_, filter_, kEventsAPoll);
    for (const events::Event& event : found) {
      progress.bytes += http::EventText(std::to_string(event.id), event.type, ToJson(event));
    }
    const bool all = found.size() < kEventsAPoll;
    if (!found.empty()) cursor_ = found.back().id;
    if (all) cursor_ = std::max(cursor_, newest);
    return progress;
  }
  std::string_view KeepAlive() const override { return http::kEventComment; }

 private:
  events::EventLog& log_;
  const events::Filter filter_;
  int64_t cursor_;  ///< everything up to it was sent, or did not match
};

}  // namespace

http::Response EventStream(events::EventLog& log, events::Filter filter, int64_t after) {
  return http::Response::Live(std::make_unique<EventSource>(log, std::move(filter), after),
                              http::kEventStream);
}

int64_t ResumeAfter(const http::Request& request, int64_t otherwise) {
  const std::string_view header = request.headers().Get("Last-Event-ID");
  if (header.empty()) {
    return request.query().Integer("after", otherwise, 0, std::numeric_limits<int64_t>::max());
  }
  int64_t id = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), id);
  if (error != std::errc() || end != header.data() + header.size() || id < 0) {
    throw InvalidField("Last-Event-ID", "expected the id of an event, got " + Quoted(header));
  }
  return id;
}

void AddEventRoutes(http::Router& router, events::EventLog& log) {
  router.Add(
      {.method = http::Method::kGet,
       .pattern = "/api/v1/events",
       .doc = {.id = "streamEvents",
               .summary = "Follow what happens, as server-sent events; Last-Event-ID resumes.",
               .tag = "events",
               .query = {{"subject", "Only events of this subject, such as job:ID."},
                         {"type",
                          "Only events of this type, such as job_running, or job_* for all that begin so; "
                          "may be repeated.",
                          true},
                         {"after", "Only events with a larger id, past ones too; by default those to come."}},
               .answers = std::string(http::kEventStream)},
       .handler = [&log](http::Request& request) {
         const http::Query& query = request.query();
         query.RefuseOthers({"subject", "type", "after"});
         return EventStream(log, {.subject = query.Get("subject"), .types = query.All("type")},
                            ResumeAfter(request, log.newest()));
       }});
}

}  // namespace orrery::api
