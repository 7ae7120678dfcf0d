#include "api/job_logs.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "http/ranged.h"

namespace orrery::api {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr size_t kBytesAPoll = 256u << 10;

/// The log of one attempt from `offset` on, until the attempt has ended and all is read.
class FollowedLog final : public http::LiveSource {
 public:
  FollowedLog(jobs::Jobs& jobs, events::EventLog& events, jobs::JobId id, std::optional<int> attempt,
              uint64_t offset)
      : jobs_(jobs), events_(events), id_(std::move(id)), attempt_(attempt), offset_(offset) {}

  Progress Poll() override {
    Progress progress{.bytes = Read()};
    if (!progress.bytes.empty()) return progress;
    // An attempt's beginning and its end are events: while there is no new one, there is nothing to ask. Only its
    // log appears without one.
    const int64_t newest = events_.newest();
    if (newest == seen_ && (log_ != nullptr || !begun_)) return progress;
    seen_ = newest;
    jobs::JobLog now = jobs_.OpenLog(id_, attempt_);
    begun_ = now.begun;
    if (now.log != nullptr) {
      attempt_ = now.attempt.number;
      log_ = std::move(now.log);
    }
    progress.bytes = Read();
    progress.ended = now.ended && progress.bytes.empty();
    // The rest is read by the next poll, which has to ask again.
    if (now.ended) seen_ = kNever;
    return progress;
  }

 private:
  static constexpr int64_t kNever = -1;

  std::string Read() {
    std::string bytes = log_ == nullptr ? std::string() : log_->Read(offset_, kBytesAPoll);
    offset_ += bytes.size();
    return bytes;
  }

  jobs::Jobs& jobs_;
  events::EventLog& events_;
  const jobs::JobId id_;
  std::optional<int> attempt_;  ///< settled once the first log is open
  std::unique_ptr<jobs::AttemptLog> log_;
  uint64_t offset_;
  bool begun_ = false;
  int64_t seen_ = kNever;
};

/// The log from `offset` on, as long as it is now.
http::Response LogSoFar(const http::Request& request, jobs::JobLog opened, uint64_t offset) {
  const std::shared_ptr<jobs::AttemptLog> log =
      std::move(opened.log);  // shared: std::function copies its target
  const uint64_t size = log == nullptr ? 0 : log->Size();
  const uint64_t begin = std::min(offset, size);
  const auto read = [log, begin](uint64_t at, std::span<std::byte> out) -> size_t {
    if (log == nullptr) return 0;
    const std::string bytes = log->Read(begin + at, out.size());
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return bytes.size();
  };
  return http::RangedResponse(request,
                              {.size = size - begin, .read = read, .content_type = std::string(kText)});
}

}  // namespace

http::Response JobLogResponse(const http::Request& request, jobs::Jobs& jobs, events::EventLog& events) {
  const http::Query& query = request.query();
  query.RefuseOthers({"follow", "offset", "attempt"});
  const auto id = jobs::JobId::Parse(request.path("id"));
  const auto offset =
      static_cast<uint64_t>(query.Integer("offset", 0, 0, std::numeric_limits<int64_t>::max()));
  std::optional<int> attempt;
  if (query.Find("attempt")) attempt = static_cast<int>(query.Integer("attempt", 1, 1, 1'000'000));
  jobs::JobLog opened = jobs.OpenLog(id, attempt);
  if (!query.Flag("follow", false)) return LogSoFar(request, std::move(opened), offset);
  return http::Response::Live(std::make_unique<FollowedLog>(jobs, events, id, attempt, offset), kText);
}

}  // namespace orrery::api
