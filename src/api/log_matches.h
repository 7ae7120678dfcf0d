#pragma once

#include <cstdint>
#include <memory>

#include "http/message.h"
#include "jobs/executor.h"
#include "jobs/log_search.h"

namespace orrery::api {

/// A log as it grows.
class LogStream : public http::LiveSource {
 public:
  /// The offset behind what was polled last: of what was dropped from the log there is only a line that says so.
  virtual uint64_t next() const = 0;
};

/// Which matches of a log are sent.
struct MatchRange {
  int64_t from =
      0;  ///< of lines that begin at this byte or behind it; lines are counted from the log's beginning
  int64_t most = 0;
};

/// The matches in a log as it is, each as a line of JSON (LogMatch).
std::unique_ptr<http::BodySource> MatchesIn(std::unique_ptr<jobs::AttemptLog> log, jobs::LogSearch search,
                                            MatchRange range);

/// The same in a log that is followed from its beginning, until it ends. A silent stream sends empty lines.
std::unique_ptr<http::LiveSource> FollowMatches(std::unique_ptr<LogStream> log, jobs::LogSearch search,
                                                MatchRange range);

}  // namespace orrery::api
