#include "api/job_logs.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "api/log_matches.h"
#include "base/error.h"
#include "http/ranged.h"
#include "jobs/last_lines.h"
#include "jobs/log_search.h"

namespace orrery::api {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kJsonLines = "application/jsonl";
constexpr int64_t kMostMatches = 1'000'000'000;
constexpr size_t kBytesAPoll = 256u << 10;

/// The log of one attempt from `offset` on, until the attempt has ended and all is read.
class FollowedLog final : public LogStream {
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
  uint64_t next() const override { return offset_; }

 private:
  static constexpr int64_t kNever = -1;

  std::string Read() {
    if (log_ == nullptr) return {};
    jobs::LogPart part = log_->Read(offset_, kBytesAPoll);
    offset_ = part.next;
    return std::move(part.bytes);
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

/// A log of which something was dropped, from `offset` to the end that it has now: how long that is to read nobody knows
/// before it is read.
class BoundedLog final : public http::BodySource {
 public:
  BoundedLog(std::unique_ptr<jobs::AttemptLog> log, uint64_t offset)
      : log_(std::move(log)), offset_(offset), end_(log_->Size()) {}

  std::optional<uint64_t> Length() const override { return std::nullopt; }
  size_t Read(std::span<std::byte> out) override {
    // Up to its end, and there to the line that says that the rest was dropped.
    if (part_.empty() && offset_ <= end_) {
      jobs::LogPart part = log_->Read(offset_, std::min(kBytesAPoll, end_ - offset_));
      offset_ = part.next;
      part_ = std::move(part.bytes);
    }
    const size_t count = std::min(out.size(), part_.size());
    std::memcpy(out.data(), part_.data(), count);
    part_.erase(0, count);
    return count;
  }

 private:
  std::unique_ptr<jobs::AttemptLog> log_;
  uint64_t offset_;
  const uint64_t end_;
  std::string part_;
};

/// The log from `offset` on, as long as it is now.
http::Response LogSoFar(const http::Request& request, jobs::JobLog opened, uint64_t offset) {
  if (opened.log != nullptr && !opened.log->IsWhole()) {
    return http::Response::Stream(std::make_unique<BoundedLog>(std::move(opened.log), offset), kText);
  }
  const std::shared_ptr<jobs::AttemptLog> log =
      std::move(opened.log);  // shared: std::function copies its target
  const uint64_t size = log == nullptr ? 0 : log->Size();
  const uint64_t begin = std::min(offset, size);
  const auto read = [log, begin](uint64_t at, std::span<std::byte> out) -> size_t {
    if (log == nullptr) return 0;
    const jobs::LogPart part = log->Read(begin + at, out.size());
    if (part.next != begin + at + part.bytes.size())
      throw Error(Code::kUnavailable, "a part of the log was dropped while it was sent: ask again");
    std::memcpy(out.data(), part.bytes.data(), part.bytes.size());
    return part.bytes.size();
  };
  return http::RangedResponse(request,
                              {.size = size - begin, .read = read, .content_type = std::string(kText)});
}

std::optional<jobs::LogSearch> ReadSearch(const http::Query& query) {
  const auto pattern = query.Find("grep");
  for (const char* name : {"ignore_case", "limit"}) {
    if (!pattern && query.Find(name)) throw InvalidField(name, "says how to search: expected grep with it");
  }
  if (!pattern) return std::nullopt;
  return jobs::LogSearch(std::string(*pattern), query.Flag("ignore_case", false));
}

/// Where in the log to begin.
uint64_t ReadOffset(const http::Query& query, jobs::AttemptLog* log) {
  constexpr int64_t kMostLines = 1'000'000;
  const int64_t offset = query.Integer("offset", 0, 0, std::numeric_limits<int64_t>::max());
  if (!query.Find("tail")) return static_cast<uint64_t>(offset);
  if (query.Find("offset")) throw InvalidField("tail", "expected an offset or a tail, got both");
  const int64_t lines = query.Integer("tail", 1, 1, kMostLines);
  return log == nullptr ? 0 : jobs::OffsetOfLastLines(*log, lines);
}

}  // namespace

http::Response JobLogResponse(const http::Request& request, jobs::Jobs& jobs, events::EventLog& events) {
  const http::Query& query = request.query();
  query.RefuseOthers({"follow", "offset", "tail", "attempt", "grep", "ignore_case", "limit"});
  const auto id = jobs::JobId::Parse(request.path("id"));
  std::optional<int> attempt;
  if (query.Find("attempt")) attempt = static_cast<int>(query.Integer("attempt", 1, 1, 1'000'000));
  std::optional<jobs::LogSearch> search = ReadSearch(query);
  const int64_t most = query.Integer("limit", kMostMatches, 1, kMostMatches);
  jobs::JobLog opened = jobs.OpenLog(id, attempt);
  const uint64_t offset = ReadOffset(query, opened.log.get());
  const bool follow = query.Flag("follow", false);
  http::Response response;
  if (search) {
    const MatchRange range{static_cast<int64_t>(offset), most};
    response =
        follow
            ? http::Response::Live(FollowMatches(std::make_unique<FollowedLog>(jobs, events, id, attempt, 0),
                                                 std::move(*search), range),
                                   kJsonLines)
            : http::Response::Stream(MatchesIn(std::move(opened.log), std::move(*search), range), kJsonLines);
  } else if (follow) {
    response = http::Response::Live(std::make_unique<FollowedLog>(jobs, events, id, attempt, offset), kText);
  } else {
    response = LogSoFar(request, std::move(opened), offset);
  }
  response.headers.Add("Orrery-Log-Offset", std::to_string(offset));
  return response;
}

}  // namespace orrery::api
